"""Build time only: the networks, their presets, training, and export to engines."""
