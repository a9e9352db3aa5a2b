"""How good the pictures and answers are, of a running stack or the reference: `python -m bench.quality`."""
