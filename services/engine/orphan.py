"""Ends this process when the server that started it is gone."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

EXIT_STATUS = 1


def _leave() -> None:
    # Not sys.exit: other threads may wait for ever on shared memory that nobody serves any more.
    os._exit(EXIT_STATUS)


class OrphanWatch:
    """One thread that looks every `interval_s` seconds whether this process still has the parent it started with.

    A killed tritonserver leaves the processes of its decoupled models behind, blocked in a send, with their weights
    and caches in memory.
    """

    def __init__(
        self,
        *,
        interval_s: float = 1.0,
        parent: Callable[[], int] = os.getppid,
        leave: Callable[[], None] = _leave,
    ) -> None:
        self._parent, self._leave = parent, leave
        self._interval = interval_s
        self._first = parent()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="orphan-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(self._interval):
            if self._parent() != self._first:
                self._leave()
                return
