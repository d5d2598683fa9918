"""The engine on several machines: replicas in a Ray Serve deployment, and an engine that speaks with them."""
