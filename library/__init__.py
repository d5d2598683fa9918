"""Files: the only code that turns a client's words into paths."""
