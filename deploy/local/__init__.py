"""All services on one machine under supervisor: `python -m deploy.local up`, `down`, `status` and `run`."""
