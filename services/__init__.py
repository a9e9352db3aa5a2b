"""What runs: gateway, worker, and what they share."""
