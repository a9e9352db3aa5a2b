"""Times as OpenTelemetry counts them."""

from __future__ import annotations

from datetime import datetime


def nanoseconds(at: datetime) -> int:
    """Since 1970; an aware time."""
    return round(at.timestamp() * 1e6) * 1000
