"""What the services tell about themselves: JSON log lines and Prometheus metrics."""
