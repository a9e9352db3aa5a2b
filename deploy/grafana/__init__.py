"""Dashboards for Grafana, generated."""
