"""What the service tells of itself: logs, metrics, health. It watches; nothing of the speech side knows it."""
