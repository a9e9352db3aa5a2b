"""`python -m export.quantization`."""

from export.quantization.command import app

app(prog_name="python -m export.quantization")
