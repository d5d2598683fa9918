"""Stands before the edges: keys and their scopes, rate limits, slow clients, headers for browsers."""
