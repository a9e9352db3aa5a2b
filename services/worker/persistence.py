"""Trying again while a dependency is away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import structlog

from services.errors import ResourceExhaustedError, UnavailableError
from services.telemetry import spans
from services.worker.grip import Grip

_FIRST_S = 0.25
_LONGEST_S = 5.0
_Result = TypeVar("_Result")
_log = structlog.get_logger(__name__)


def delays() -> Iterator[float]:
    """Seconds to wait between tries: doubling, bounded."""
    delay = _FIRST_S
    while True:
        yield delay
        delay = min(2 * delay, _LONGEST_S)


class Persistence:
    """Repeats a piece of work that meets UnavailableError or a full queue, for `budget_s` in a row.

    `remaining` gives the seconds to the job's deadline (None: no deadline), after which nothing is tried again.
    """

    def __init__(self, grip: Grip, budget_s: float, remaining: Callable[[], float | None]) -> None:
        self._grip = grip
        self._budget_s = budget_s
        self._remaining = remaining
        self._waits = delays()
        self._trouble_since: float | None = None

    def call(self, work: Callable[[], _Result]) -> _Result:
        """What `work` returns; its last error when the time is over; the stop's error when the job is stopped."""
        while True:
            try:
                return work()
            except (UnavailableError, ResourceExhaustedError) as error:
                delay = next(self._waits)
                if not self._may_wait(delay):
                    raise
                _log.warning("trying again", job_id=self._grip.lease.job.id, cause=error.message, delay_s=delay)
                spans.event("trying again", {"error.type": error.code, "wegen.delay": delay})
                self._grip.pause(delay)

    def progressed(self) -> None:
        """The work goes on: trouble from here on is new trouble."""
        if self._trouble_since is not None:
            self._trouble_since, self._waits = None, delays()

    def _may_wait(self, delay: float) -> bool:
        now = time.monotonic()
        self._trouble_since = self._trouble_since or now
        left = self._remaining()
        in_time = left is None or delay < left
        return in_time and now + delay - self._trouble_since <= self._budget_s
