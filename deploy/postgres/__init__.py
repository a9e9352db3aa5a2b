"""PostgreSQL for one machine: the host's own programs, or Debian's unpacked beside the project."""
