"""Package `wegen.v1`."""
