"""Why Triton cannot be started."""

from __future__ import annotations


class StartError(RuntimeError):
    """One sentence that names what is wrong and what to do."""
