"""What OpenTelemetry's messaging conventions want of a span about jobs or operations.

A row is the message: it holds the place in the trace of who created it. Who takes it makes that place both the parent
and a link of its span, as the conventions allow where one span processes one message, so that an order is one trace
however many processes it goes through.
"""

from __future__ import annotations

from typing import Literal

from services.telemetry.spans import Attributes, Span, Tracer, Value

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


def processing(
    tracer: Tracer,
    destination: str,
    message: str,
    *,
    trace: str | None,
    since: int,
    taken: int,
    ids: Attributes,
    about: Attributes,
) -> Span:
    """The span of the work on a message that was `taken`, behind one of its wait `since`; nanoseconds since 1970.

    `trace` is what the message's row holds; `ids` are attributes of both spans, `about` of the work.
    """
    wait = tracer.span("queue wait", "internal", parent=trace, attributes=ids, start=min(since, taken))
    wait.end(taken)
    return tracer.span(
        name("process", destination),
        "consumer",
        # Created without a trace, it has one from here on.
        parent=trace or wait.carried,
        links=(trace,),
        attributes={**attributes("process", destination, message), **ids, **about},
        start=taken,
    )
