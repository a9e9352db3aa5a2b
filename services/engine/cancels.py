"""The watcher that asks each request's stream whether its caller has given up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from services.engine.ticket import Ticket

# Asking costs 137 us in Triton: at most a tenth of one thread goes into it.
_SHARE = 9.0


class CancelWatcher:
    """One thread that polls every unfinished request about every `interval_s` seconds."""

    def __init__(self, *, name: str, interval_s: float, on_cancel: Callable[[Ticket[Any]], None]) -> None:
        self._interval = interval_s
        self._on_cancel = on_cancel
        self._tickets: list[Ticket[Any]] = []
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=f"{name}-cancels", daemon=True)
        self._thread.start()

    def watch(self, ticket: Ticket[Any]) -> None:
        """Poll `ticket` until it is done."""
        with self._changed:
            self._tickets.append(ticket)
            self._changed.notify()

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        pause = self._interval
        while tickets := self._unfinished(pause):
            start = time.monotonic()
            for ticket in tickets:
                if ticket.stream.cancelled():
                    self._on_cancel(ticket)
            pause = max(self._interval, _SHARE * (time.monotonic() - start))

    def _unfinished(self, pause: float) -> list[Ticket[Any]]:
        """Tickets to ask after `pause` seconds; waits while there are none, empty when closing."""
        with self._changed:
            self._changed.wait_for(lambda: self._closing, timeout=pause)
            self._drop_done()
            while not self._tickets and not self._closing:
                self._changed.wait()
                self._drop_done()
            return [] if self._closing else list(self._tickets)

    def _drop_done(self) -> None:
        self._tickets = [ticket for ticket in self._tickets if not ticket.done]
