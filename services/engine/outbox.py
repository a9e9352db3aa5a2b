"""The sender thread: delivers events so that the step thread never waits for a response to go out."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any

import structlog

from services.engine.ticket import Ticket
from services.errors import InternalError, WegenError

Merge = Callable[[Sequence[Any]], Sequence[Any]]
_log = structlog.get_logger(__name__)


class Outbox:
    """Per-request queues of events, emptied by one thread in turn.

    What a request has collected since its last turn is merged by `merge` into fewer events. A request gets a turn
    at most every `pace_s` seconds, except for its first events and its end: a response costs about 150 us of CPU
    time, which the step thread needs more.
    """

    def __init__(self, *, name: str, merge: Merge, pace_s: float, on_lost: Callable[[Ticket[Any]], None]) -> None:
        self._merge = merge
        self._pace = pace_s
        self._on_lost = on_lost
        self._ready: SimpleQueue[Ticket[Any] | None] = SimpleQueue()
        self._later: deque[Ticket[Any]] = deque()
        self._thread = threading.Thread(target=self._run, name=f"{name}-sender", daemon=True)
        self._thread.start()

    def post(self, ticket: Ticket[Any], event: object) -> None:
        """Queue `event`; nothing happens if the request has ended."""
        if not ticket.done:
            ticket.outgoing.append(event)
            self._wake(ticket)

    def finish(self, ticket: Ticket[Any]) -> None:
        """End the request after what is queued."""
        if not ticket.done:
            ticket.done = True
            self._wake(ticket, urgent=True)

    def fail(self, ticket: Ticket[Any], error: WegenError) -> None:
        """End the request with an error after what is queued."""
        if not ticket.done:
            ticket.error = error
            self.finish(ticket)

    def close(self) -> None:
        """Send what is queued and end the thread."""
        self._ready.put(None)
        self._thread.join()

    def _wake(self, ticket: Ticket[Any], *, urgent: bool = False) -> None:
        # The flag is cleared before the events are taken, so an event posted meanwhile is either taken or wakes again.
        if urgent or not ticket.queued:
            ticket.queued = True
            self._ready.put(ticket)

    def _run(self) -> None:
        while True:
            while self._later and self._later[0].due <= time.monotonic():
                self._deliver(self._later.popleft())
            try:
                ticket = self._ready.get(timeout=self._patience())
            except Empty:
                continue
            if ticket is None:
                break
            if ticket.done or ticket.due <= time.monotonic():
                self._deliver(ticket)
            else:
                self._later.append(ticket)
        for ticket in self._later:
            self._deliver(ticket)

    def _patience(self) -> float | None:
        # Every request waits equally long, so the first in `_later` is the first due.
        return max(0.0, self._later[0].due - time.monotonic()) if self._later else None

    def _deliver(self, ticket: Ticket[Any]) -> None:
        if ticket.closed:
            return
        # `done` is read before the events are taken: what was posted before it goes out with it.
        final = ticket.closed = ticket.done
        ticket.queued = False
        ticket.due = time.monotonic() + self._pace
        events = [ticket.outgoing.popleft() for _ in range(len(ticket.outgoing))]
        try:
            self._hand_over(ticket, events, final=final)
        except Exception as error:  # noqa: BLE001
            # The stream is broken, whatever the reason: this request ends, the sender must live for the others.
            _log.exception("send_failed", ticket=ticket.number)
            self._give_up(ticket, error)

    def _give_up(self, ticket: Ticket[Any], error: Exception) -> None:
        ticket.closed = True
        self._on_lost(ticket)
        try:
            ticket.stream.fail(InternalError(f"a response could not be sent: {error}"))
        except Exception:  # noqa: BLE001
            _log.exception("fail_failed", ticket=ticket.number)

    def _hand_over(self, ticket: Ticket[Any], events: Sequence[Any], *, final: bool) -> None:
        if final and ticket.error is not None:
            if events:
                ticket.stream.send(self._merge(events), final=False)
            ticket.stream.fail(ticket.error)
        elif events or final:
            ticket.stream.send(self._merge(events), final=final)
