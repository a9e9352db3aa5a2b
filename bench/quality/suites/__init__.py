"""What a subject is put through in the procedural world."""
