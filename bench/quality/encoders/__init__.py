"""Networks that embed pictures and texts, each read from a path on this machine."""
