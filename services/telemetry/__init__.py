"""What the services tell about themselves: JSON log lines, Prometheus metrics and traces."""
