"""Pure operations on samples, and the encoders that write them."""
