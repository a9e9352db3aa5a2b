"""The command line client: `wegen chat`."""
