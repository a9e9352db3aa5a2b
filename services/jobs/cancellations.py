"""How long cancels take: remembered when asked for, looked up in the rows when confirmed."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from sqlalchemy import select

from services.jobs.database import Database
from services.jobs.ledger import Clock, now
from services.jobs.tables import JobRow
from services.jobs.transitions import TERMINAL

_LONGEST = timedelta(minutes=1)
_AT_ONCE = 1000


class Cancellations:
    """Running jobs that were asked to stop through this process; thread-safe. Beyond a thousand none is remembered."""

    def __init__(self, database: Database, *, clock: Clock = now) -> None:
        self._database, self._clock = database, clock
        self._lock = threading.Lock()
        self._asked: dict[str, datetime] = {}

    def asked(self, job_id: str, at: datetime) -> None:
        """A running job shall stop, since `at`."""
        with self._lock:
            if len(self._asked) < _AT_ONCE:
                self._asked.setdefault(job_id, at)

    def confirmed(self) -> tuple[float, ...]:
        """Seconds from request to end of those that have ended since the last look.

        One that has not within a minute counts as a minute and is forgotten; a row that was deleted counts as nothing.
        UnavailableError("database").
        """
        with self._lock:
            waiting = dict(self._asked)
        if not waiting:
            return ()
        statement = select(JobRow.id, JobRow.state, JobRow.finished_at).where(JobRow.id.in_(waiting))
        with self._database.read() as session:
            rows = {row.id: row for row in session.execute(statement)}
        given_up = self._clock() - _LONGEST
        seconds: list[float] = []
        over: list[str] = []
        for job_id, at in waiting.items():
            row = rows.get(job_id)
            if row is None:
                over.append(job_id)
            elif row.state in TERMINAL or at <= given_up:
                over.append(job_id)
                took = (row.finished_at - at) if row.state in TERMINAL else _LONGEST
                seconds.append(max(0.0, took.total_seconds()))
        with self._lock:
            for job_id in over:
                del self._asked[job_id]
        return tuple(seconds)
