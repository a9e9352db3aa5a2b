"""Following a job to its end: the row is the truth, the stream is quick."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from services.errors import UnavailableError
from services.jobs.events import JobEvent
from services.jobs.feed import START, Feed
from services.jobs.job import Job, JobState
from services.jobs.ledger import Clock, now
from services.jobs.transitions import TERMINAL

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class View:
    """What a watcher has been told so far."""

    state: JobState | None = None
    attempt: int = 0
    step: int = 0
    preview: str | None = None

    def is_news(self, event: JobEvent) -> bool:
        """Whether the watcher does not know it yet; the stream may tell late what the row has told before."""
        if self.state in TERMINAL or (self.state is JobState.CANCELLING and event.state is JobState.RUNNING):
            return False
        match event.kind:
            case "state":
                return event.state is not self.state or event.attempt > self.attempt
            case "step":
                return (event.attempt, event.step) > (self.attempt, self.step)
            case "preview":
                return event.image is not None and event.image != self.preview

    def after(self, event: JobEvent) -> View:
        """With `event` told."""
        match event.kind:
            case "state":
                step = 0 if event.attempt > self.attempt else self.step
                return replace(self, state=event.state, step=step, attempt=event.attempt)
            case "step":
                return replace(self, step=event.step, attempt=event.attempt)
            case "preview":
                return replace(self, preview=event.image)


def told_by_row(job: Job, clock: Clock = now) -> tuple[JobEvent, ...]:
    """The events that bring a newcomer to where the job stands, its state last if the job has ended."""
    at = clock()
    state, step = JobEvent.of(job, "state", at), JobEvent.of(job, "step", at)
    progress = (step, *([JobEvent.of(job, "preview", at)] if job.preview else []))
    if job.state in TERMINAL:
        return (*progress, state)
    return (state, *progress)


class Watcher:
    """Follows jobs by `feed` and `read`, the row; `poll_s` paces it while Redis is away."""

    def __init__(self, feed: Feed, read: Callable[[str], Awaitable[Job]], *, poll_s: float) -> None:
        self._feed = feed
        self._read = read
        self._poll_s = poll_s

    async def watch(self, job_id: str, known: Job | None = None) -> AsyncGenerator[JobEvent, None]:
        """From where the job stands, or from `known`, just submitted, to its end.

        NotFoundError; UnavailableError("database").
        """
        # Position before row: what happens between the two is seen twice and told once, never missed.
        position = START if known else await self._position(job_id)
        view = View()
        events: list[JobEvent] = list(told_by_row(known or await self._read(job_id)))
        while True:
            for event in events:
                if view.is_news(event):
                    view = view.after(event)
                    yield event
                    if event.kind == "state" and event.last:
                        return
            events, position = await self._next(job_id, position)

    async def _next(self, job_id: str, position: str) -> tuple[list[JobEvent], str]:
        try:
            events, position = await self._feed.read(job_id, position)
        except UnavailableError:
            await asyncio.sleep(self._poll_s)
            events = []
        # Silence: the stream may have been lost, the row knows.
        return events or list(told_by_row(await self._read(job_id))), position

    async def _position(self, job_id: str) -> str:
        try:
            return await self._feed.newest(job_id)
        except UnavailableError as error:
            _log.warning("the events of a job cannot be read yet", job_id=job_id, cause=error.message)
            return START
