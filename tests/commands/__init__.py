"""The command line, tried as an officer uses it."""
