"""`python -m export`."""

from export.command import app

app(prog_name="python -m export")
