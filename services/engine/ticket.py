"""One request on its way through the engine."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

from services.errors import WegenError

RequestT = TypeVar("RequestT")


class Stream(Protocol):
    """Where the events of one request go. Called by the sender thread, `cancelled` by the cancel watcher."""

    def send(self, events: Sequence[Any], *, final: bool) -> None:
        """Deliver `events` in order; with `final` nothing follows."""

    def fail(self, error: WegenError) -> None:
        """End the request with an error."""

    def cancelled(self) -> bool:
        """Whether the caller has given up."""


class Ticket(Generic[RequestT]):
    """A request, its stream and where it stands.

    `done` is set by the step thread when the last event has been posted; `outgoing` is filled by the step thread
    and emptied by the sender, who sets `closed` when nothing may follow.
    """

    __slots__ = ("closed", "done", "due", "error", "number", "outgoing", "priority", "queued", "request", "stream")

    def __init__(self, request: RequestT, stream: Stream, *, number: int, priority: int = 0) -> None:
        self.request = request
        self.stream = stream
        self.number = number
        self.priority = priority
        self.outgoing: deque[Any] = deque()
        self.queued = False
        self.done = False
        self.closed = False
        self.due = 0.0
        self.error: WegenError | None = None

    @property
    def order(self) -> tuple[int, int]:
        """Sort key: higher priority first, then first come."""
        return -self.priority, self.number
