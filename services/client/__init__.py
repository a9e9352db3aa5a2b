"""The command line client: `wegen chat`, `wegen images` and `wegen operations`."""
