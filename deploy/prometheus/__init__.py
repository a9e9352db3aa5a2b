"""Prometheus for one machine, and the rules it evaluates: objectives, their recordings, alerts."""
