"""A job in its trace: how long it waited, and who works on it."""

from __future__ import annotations

from services.jobs.leases import Lease
from services.jobs.ledger import Clock
from services.jobs.turns import queue_name
from services.telemetry import messaging
from services.telemetry.instants import nanoseconds
from services.telemetry.spans import Attributes, Span, Tracer


class JobTrace:
    """Begins the spans of leased jobs; a second worker's are in the same trace, by the row."""

    def __init__(self, tracer: Tracer, clock: Clock) -> None:
        self._tracer, self._clock = tracer, clock

    def begun(self, lease: Lease) -> Span:
        """The span of the work on a job that was leased just now, behind one of its wait."""
        job = lease.job
        ids: Attributes = {"wegen.job.id": job.id, "wegen.request.id": job.request_id, "wegen.job.attempt": lease.fence}
        now = nanoseconds(self._clock())
        return messaging.processing(
            self._tracer,
            queue_name(job.priority),
            job.id,
            trace=job.trace,
            since=nanoseconds(lease.waited_since) if lease.waited_since else now,
            taken=now,
            ids=ids,
            about={"wegen.job.steps": job.steps, "wegen.job.checkpoint": job.checkpoint},
        )
