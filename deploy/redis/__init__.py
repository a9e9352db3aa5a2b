"""Redis for one machine: the host's own, or Debian's unpacked beside the project."""
