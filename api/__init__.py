"""The HTTP edge: routes, error shape, request ids. No logic of its own; everything happens in `CoreEngine`."""
