"""What the rows say of all jobs and operations together, for metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from services.jobs.database import Database
from services.jobs.job import JobState, Priority
from services.jobs.ledger import Clock, now
from services.jobs.tables import JobRow, OperationRow
from services.jobs.transitions import OPEN, TERMINAL

# A transaction that began before a look may be seen by the next one only.
_OVERLAP = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class EndedOperation:
    """How an operation ended, and how many seconds after its order."""

    state: JobState
    seconds: float


@dataclass(frozen=True, slots=True)
class Survey:
    """All at one moment. `queued` and `running` count jobs, `waiting` and `open` operations; `ages` in seconds.

    A job that is being cancelled still runs. `ended`: the operations that ended since the last look.
    """

    queued: int
    running: int
    waiting: int
    open: int
    ages: Mapping[Priority, float]
    ended: tuple[EndedOperation, ...]


class Census:
    """Blocking; one thread at a time. UnavailableError("database").

    No index leads to what ended lately, so it remembers what was open: who is open no more has ended.
    """

    def __init__(self, database: Database, *, clock: Clock = now) -> None:
        self._database, self._clock = database, clock
        self._begun = self._since = clock()
        self._open: frozenset[str] = frozenset()
        self._counted: dict[str, datetime] = {}

    def look(self) -> Survey:
        """Read the rows, in one short transaction that only reads."""
        at = self._clock()
        with self._database.read() as session:
            jobs, oldest = _jobs(session)
            opened = _open_operations(session)
            ended = self._ended(session, opened)
        self._since, self._open = at, frozenset(opened)
        waiting = list(opened.values()).count(JobState.QUEUED)
        ages = {priority: max(0.0, (at - oldest.get(priority, at)).total_seconds()) for priority in Priority}
        return Survey(
            queued=jobs.pop(JobState.QUEUED, 0),
            running=sum(count for state, count in jobs.items() if state is not JobState.QUEUED),
            waiting=waiting,
            open=len(opened) - waiting,
            ages=ages,
            ended=ended,
        )

    def _ended(self, session: Session, opened: Mapping[str, JobState]) -> tuple[EndedOperation, ...]:
        # Nothing that had ended before we began: another process has told it.
        begin = max(self._since - _OVERLAP, self._begun)
        gone = OperationRow.id.in_(self._open.difference(opened))
        statement = select(
            OperationRow.id, OperationRow.state, OperationRow.created_at, OperationRow.finished_at
        ).where(OperationRow.state.in_(TERMINAL), or_(gone, OperationRow.created_at >= begin))
        fresh = [row for row in session.execute(statement) if row.id not in self._counted]
        self._counted |= {row.id: row.created_at for row in fresh}
        self._counted = {known: made for known, made in self._counted.items() if made >= begin or known in self._open}
        return tuple(EndedOperation(row.state, (row.finished_at - row.created_at).total_seconds()) for row in fresh)


def _jobs(session: Session) -> tuple[dict[JobState, int], dict[Priority, datetime]]:
    """Unended jobs by state, and when the oldest waiting one of each priority was made."""
    statement = select(JobRow.state, JobRow.priority, func.count(), func.min(JobRow.created_at))
    counts: dict[JobState, int] = {}
    oldest: dict[Priority, datetime] = {}
    for state, priority, count, first in session.execute(
        statement.where(JobRow.state.in_(OPEN)).group_by(JobRow.state, JobRow.priority)
    ):
        counts[state] = counts.get(state, 0) + count
        if state is JobState.QUEUED:
            oldest[priority] = first
    return counts, oldest


def _open_operations(session: Session) -> dict[str, JobState]:
    statement = select(OperationRow.id, OperationRow.state).where(OperationRow.state.in_(OPEN))
    return {row.id: row.state for row in session.execute(statement)}
