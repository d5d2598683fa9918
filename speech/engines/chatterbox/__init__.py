"""Speech with Resemble AI's Chatterbox models."""
