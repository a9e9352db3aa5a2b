"""Nobody is forgotten: jobs whose worker or message was lost are sent again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from services.jobs.job import Job, Priority
from services.jobs.ledger import Ledger
from services.jobs.queue import JobQueue
from services.jobs.recovery import Recovery


@dataclass(frozen=True, slots=True)
class SweepResult:
    """How many jobs one sweep sent again, and how many it ended."""

    sent: int
    ended: int


class Sweep:
    """One look at all jobs. `announce` is told of each job that the sweep itself changed."""

    def __init__(
        self, ledger: Ledger, recovery: Recovery, queue: JobQueue, announce: Callable[[Job], None], age: timedelta
    ) -> None:
        self._ledger = ledger
        self._recovery = recovery
        self._queue = queue
        self._announce = announce
        self._age = age

    def once(self) -> SweepResult:
        """UnavailableError when database or Redis do not answer; what was not done is done by the next one."""
        ended = list(self._recovery.overdue())
        lost = self._recovery.abandoned()
        ended += lost.ended
        for job in (*ended, *lost.again):
            self._announce(job)
        sent = (*lost.again, *self._silent())
        for job in sent:
            self._queue.send(job.id, job.priority)
        return SweepResult(len(sent), len(ended))

    def _silent(self) -> tuple[Job, ...]:
        """Waiting jobs without a message: only if there are fewer messages than waiting jobs.

        Without that look a long queue would get each of its messages again and again.
        """
        return tuple(job for priority in Priority for job in self._silent_of(priority))

    def _silent_of(self, priority: Priority) -> tuple[Job, ...]:
        missing = self._ledger.queued(priority) - self._queue.waiting(priority)
        return self._recovery.unsent(self._age, missing, priority) if missing > 0 else ()
