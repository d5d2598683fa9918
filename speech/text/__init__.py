"""Pure functions on text: cleaning, cutting into sentences and chunks, writing out what is spoken."""
