"""The speech pipeline: text to chunks, chunks to takes, takes to checked audio. Imports no web framework."""
