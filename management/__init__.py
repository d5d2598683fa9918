"""Keeps the folders within their limits: what may go, what goes, and when."""
