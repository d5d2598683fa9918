"""Voice conversion of whole recordings: cut at silence, converted piece by piece, joined, checked."""
