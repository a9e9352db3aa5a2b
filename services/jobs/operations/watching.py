"""Following an operation: its pictures' events from Redis, its rows for the truth, a cursor to come back with."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field

from services.errors import InvalidArgumentError, UnavailableError
from services.jobs.events import JobEvent
from services.jobs.feed import START, Feed
from services.jobs.job import JobState
from services.jobs.order import Snapshot
from services.jobs.transitions import TERMINAL
from services.jobs.watching import View, told_by_row


@dataclass(slots=True)
class Cursor:
    """How far a watcher is: a place in the stream, and what it has been told of the operation and each picture."""

    position: str
    state: JobState | None = None
    views: dict[int, View] = field(default_factory=dict)

    def encode(self) -> str:
        """For the watcher, who cannot read it."""
        views = [[number, view.state, view.attempt, view.step, view.preview] for number, view in self.views.items()]
        text = json.dumps([self.position, self.state, views], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode()

    @classmethod
    def decode(cls, text: str) -> Cursor:
        """What `encode` wrote; InvalidArgumentError("cursor")."""
        try:
            position, state, views = json.loads(base64.urlsafe_b64decode(text.encode()))
            milliseconds, _, sequence = position.partition("-")
            return cls(
                f"{int(milliseconds)}-{int(sequence)}",
                JobState(state) if state else None,
                {
                    int(one[0]): View(JobState(one[1]) if one[1] else None, int(one[2]), int(one[3]), one[4])
                    for one in views
                },
            )
        except (binascii.Error, ValueError, TypeError, AttributeError, IndexError) as error:
            raise InvalidArgumentError("cursor", "is none that WatchJob has given", reason="BAD_CURSOR") from error


@dataclass(frozen=True, slots=True)
class Told:
    """What a watcher is told: a picture's event, or the operation's state, with `snapshot` once it has ended."""

    cursor: str
    picture: JobEvent | None = None
    state: JobState | None = None
    snapshot: Snapshot | None = None


class OperationWatcher:
    """Follows operations by `feed` and `read`, the rows; `poll_s` paces it while Redis is away."""

    def __init__(self, feed: Feed, read: Callable[[str], Awaitable[Snapshot]], *, poll_s: float) -> None:
        self._feed, self._read, self._poll_s = feed, read, poll_s

    async def watch(self, operation_id: str, cursor: Cursor | None) -> AsyncGenerator[Told, None]:
        """From where the operation stands, or from behind `cursor`, to its end.

        NotFoundError; UnavailableError("database").
        """
        if cursor is None:
            # Position before rows: what happens between the two is seen twice and told once.
            cursor, snapshot = Cursor(await self._newest(operation_id)), await self._read(operation_id)
            events = _rows(snapshot)
        else:
            snapshot = await self._read(operation_id)
            # The stream first: it has the steps that the rows have forgotten.
            events, cursor.position = await self._streamed(operation_id, cursor.position)
            events += _rows(snapshot)
        while True:
            for event in events:
                view = cursor.views.get(event.number, View())
                if view.is_news(event):
                    cursor.views[event.number] = view.after(event)
                    yield Told(cursor.encode(), picture=event)
            state = snapshot.operation.state
            if state is not cursor.state:
                cursor.state = state
                yield Told(cursor.encode(), state=state)
            if state in TERMINAL:
                yield Told(cursor.encode(), snapshot=snapshot)
                return
            events, cursor.position = await self._streamed(operation_id, cursor.position)
            if not events or any(event.kind == "state" for event in events):
                # Silence or a change: the rows know what the stream may have lost.
                snapshot = await self._read(operation_id)
                events += _rows(snapshot)

    async def _streamed(self, operation_id: str, position: str) -> tuple[list[JobEvent], str]:
        try:
            return await self._feed.read(operation_id, position)
        except UnavailableError:
            await asyncio.sleep(self._poll_s)
            return [], position

    async def _newest(self, operation_id: str) -> str:
        try:
            return await self._feed.newest(operation_id)
        except UnavailableError:
            return START


def _rows(snapshot: Snapshot) -> list[JobEvent]:
    return [event for job in snapshot.jobs for event in told_by_row(job)]
