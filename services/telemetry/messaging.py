"""What OpenTelemetry's messaging conventions want of a span about jobs or operations.

A row is the message: it holds the place in the trace of who created it. Who takes it makes that place both the parent
and a link of its span, as the conventions allow where one span processes one message, so that an order is one trace
however many processes it goes through.
"""

from __future__ import annotations

from typing import Literal

from services.telemetry.spans import Attributes, Value

OPERATIONS = "wegen.operations"
Step = Literal["create", "send", "process"]


def name(step: Step, destination: str) -> str:
    """The span's name; `destination` is a Celery queue, or `OPERATIONS`."""
    return f"{step} {destination}"


def attributes(step: Step, destination: str, message: str | None = None, count: int | None = None) -> Attributes:
    """Its attributes; `message` is a job's or an operation's id, `count` how many there are."""
    values: dict[str, Value] = {
        # Operations wait in their table alone.
        "messaging.system": "wegen" if destination == OPERATIONS else "celery",
        "messaging.operation.type": step,
        "messaging.operation.name": step,
        "messaging.destination.name": destination,
    }
    if message is not None:
        values["messaging.message.id"] = message
    if count is not None:
        values["messaging.batch.message_count"] = count
    return values
