"""`python -m export.tensorrt.rehearsal`."""

from export.tensorrt.rehearsal.command import app

app(prog_name="python -m export.tensorrt.rehearsal")
