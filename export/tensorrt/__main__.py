"""`python -m export.tensorrt`."""

from export.tensorrt.command import app

app(prog_name="python -m export.tensorrt")
