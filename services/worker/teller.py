"""Telling watchers, without letting an absent Redis hold up the work."""

from __future__ import annotations

import threading
import time
from typing import Protocol

import structlog

from services.errors import UnavailableError
from services.jobs.events import JobEvent, Kind
from services.jobs.job import Job
from services.jobs.ledger import now

_SILENCE_S = 1.0
_log = structlog.get_logger(__name__)


class Events(Protocol):
    """Where events go; UnavailableError."""

    def publish(self, event: JobEvent) -> None:
        """Send one."""


class Teller:
    """Shared by all threads. The row holds what is not told, so watchers find it there."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._lock = threading.Lock()
        self._silent_until = 0.0

    def tell(self, job: Job, kind: Kind = "state") -> None:
        """Publish what `job` says. After a failure nothing but states is tried for a second."""
        if kind != "state" and time.monotonic() < self._silent_until:
            return
        try:
            self._events.publish(JobEvent.of(job, kind, now()))
        except UnavailableError as error:
            with self._lock:
                self._silent_until = time.monotonic() + _SILENCE_S
            _log.warning("an event was not told", job_id=job.id, kind=kind, cause=error.message)
