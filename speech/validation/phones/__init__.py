"""A second listener that hears phones instead of words, so that no sense of language smooths over what was said."""
