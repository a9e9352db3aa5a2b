"""Runners for public benchmarks whose files lie in a folder on this machine."""
