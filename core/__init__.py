"""What `CoreEngine` is made of: choices, rules, and the work on one request."""
