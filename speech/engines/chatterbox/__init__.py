"""The Chatterbox engine: Resemble AI's models behind our own loader, decoder and renderer."""
