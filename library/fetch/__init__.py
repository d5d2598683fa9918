"""The only code that opens connections a client asked for; every one of them to a public address."""
