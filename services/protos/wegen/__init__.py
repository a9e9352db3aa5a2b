"""Package `wegen`."""
