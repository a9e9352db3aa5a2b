"""An operation in its trace, as a job is in its own: how long it waited, and who composes it."""

from __future__ import annotations

from services.jobs.ledger import Clock, now
from services.jobs.operations.composing import OperationLease
from services.telemetry import messaging
from services.telemetry.instants import nanoseconds
from services.telemetry.spans import Attributes, Span, Tracer


class OrderTrace:
    """Begins the spans of operations that were taken just now, in the trace of who ordered them."""

    def __init__(self, tracer: Tracer, clock: Clock = now) -> None:
        self._tracer, self._clock = tracer, clock

    def begun(self, lease: OperationLease) -> Span:
        """The span of the composing, behind one of the wait since the order."""
        operation = lease.operation
        ids: Attributes = {"wegen.operation.id": operation.id, "wegen.operation.attempt": lease.fence}
        return messaging.processing(
            self._tracer,
            messaging.OPERATIONS,
            operation.id,
            trace=operation.trace,
            since=nanoseconds(operation.created_at),
            taken=nanoseconds(self._clock()),
            ids=ids,
            about={"wegen.operation.pictures": operation.count},
        )
