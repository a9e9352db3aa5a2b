"""Subjects: things to be painted anew, shown as segments that were cut out of another moment (WeGen, 3.2)."""
