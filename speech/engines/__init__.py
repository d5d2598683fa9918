"""Engines that turn a chunk of text into a take of audio, all behind one protocol."""
