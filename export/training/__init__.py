"""Training of the small preset: a procedural world, four stages, and the check on pixels."""
