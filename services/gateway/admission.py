"""How many chats run at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Gauge

from services.errors import ResourceExhaustedError


class Admission:
    """At most `limit` chats; one more is refused at once rather than queued, since Triton has the queue."""

    def __init__(self, limit: int, active: Gauge) -> None:
        self._limit, self._active = limit, active
        self._running = 0

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Hold a place.

        Raises:
            ResourceExhaustedError: all are taken.
        """
        if self._running >= self._limit:
            raise ResourceExhaustedError(
                f"{self._running} chats are running, at most {self._limit} are allowed", reason="TOO_MANY_CHATS"
            )
        self._running += 1
        self._active.set(self._running)
        try:
            yield
        finally:
            self._running -= 1
            self._active.set(self._running)
