"""The jobs as their owner sees them: added, read, cancelled."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from services.errors import ResourceExhaustedError
from services.jobs.database import Database
from services.jobs.job import Job, JobSpec, JobState, Priority
from services.jobs.rows import count, find, move
from services.jobs.tables import InputRow, JobRow
from services.jobs.transitions import TERMINAL

Clock = Callable[[], datetime]
Asked = Callable[[str, datetime], None]
"""Hears of a running job that shall stop, and since when."""


def now() -> datetime:
    """The time, in UTC. Machines that share a database must agree on it within a fraction of a lease."""
    return datetime.now(UTC)


class Ledger:
    """Blocking and thread-safe; UnavailableError("database") from every method."""

    def __init__(self, database: Database, *, limit: int, clock: Clock = now, asked: Asked | None = None) -> None:
        self._database = database
        self._limit = limit
        self._clock = clock
        self._asked = asked

    def add(self, spec: JobSpec) -> Job:
        """A new QUEUED job; ResourceExhaustedError when as many as allowed are waiting.

        The limit is exact in SQLite; in PostgreSQL callers at the same moment may pass it by their number.
        """
        at = self._clock()
        with self._database.write() as session:
            if count(session, JobState.QUEUED) >= self._limit:
                raise ResourceExhaustedError(f"{self._limit} pictures are waiting already", limit=str(self._limit))
            row = _row(spec, at)
            session.add(row)
            # The foreign key wants the job first, and no relationship tells SQLAlchemy so.
            session.flush()
            session.add(InputRow.of(row.id, spec.features))
            return row.job()

    def get(self, job_id: str) -> Job:
        """The job now; NotFoundError."""
        with self._database.read() as session:
            return find(session, job_id).job()

    def refuse(self, job_id: str, error: str) -> None:
        """A waiting job FAILED before any worker saw it, unless one did."""
        with self._database.write() as session:
            move(session, job_id, JobState.QUEUED, JobState.FAILED, at=self._clock(), error=error)

    def request_cancel(self, job_id: str) -> Job:
        """CANCELLED at once if no worker has it, else CANCELLING; an ended job stays as it is. NotFoundError."""
        at = self._clock()
        with self._database.write() as session:
            # Locked: else a worker may take the job between the look and the change, and would not hear of it.
            job = find(session, job_id, lock=True).job()
            if job.state in TERMINAL or job.state is JobState.CANCELLING:
                return job
            target = JobState.CANCELLED if job.state is JobState.QUEUED else JobState.CANCELLING
            changed = move(session, job_id, job.state, target, at=at) or find(session, job_id).job()
        if self._asked and changed.state is JobState.CANCELLING:
            self._asked(job_id, at)
        return changed

    def queued(self, priority: Priority | None = None) -> int:
        """How many jobs wait for a worker, all or those of a priority."""
        conditions = () if priority is None else (JobRow.priority == priority,)
        with self._database.read() as session:
            return count(session, JobState.QUEUED, *conditions)


def _row(spec: JobSpec, at: datetime) -> JobRow:
    return JobRow(
        id=uuid.uuid4().hex,
        tenant=spec.tenant,
        request_id=spec.request_id,
        number=0,
        caption="",
        state=JobState.QUEUED,
        seed=spec.seed,
        steps=spec.steps,
        guidance=spec.guidance,
        preview_every=spec.preview_every,
        size=spec.size,
        step=0,
        deliveries=0,
        strikes=0,
        checkpoint=0,
        priority=spec.priority,
        fence=0,
        created_at=at,
        sent_at=at,
        deadline=spec.deadline,
        trace=spec.trace,
    )
