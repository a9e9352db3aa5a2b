"""Jobs as the gateway uses them: submit, follow, cancel, read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Self, TypeVar

import structlog

from services.errors import UnavailableError
from services.jobs.channel import Channel
from services.jobs.database import Database
from services.jobs.events import JobEvent
from services.jobs.feed import Feed
from services.jobs.job import Job, JobSpec, JobState
from services.jobs.ledger import Asked, Ledger, now
from services.jobs.queue import CeleryQueue, JobQueue, celery_app
from services.jobs.settings import JobSettings
from services.jobs.turns import queue_name
from services.jobs.watching import Watcher
from services.migrations import prepare
from services.telemetry import messaging, spans

_log = structlog.get_logger(__name__)
_THREADS = 8
_Result = TypeVar("_Result")


class JobService:
    """For asyncio; what blocks runs in threads of its own."""

    def __init__(
        self, database: Database, ledger: Ledger, queue: JobQueue, channel: Channel, feed: Feed, *, poll_s: float
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._queue = queue
        self._channel = channel
        self._feed = feed
        self._watcher = Watcher(feed, self.get, poll_s=poll_s)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="jobs")

    @classmethod
    def open(cls, settings: JobSettings, *, asked: Asked | None = None) -> Self:
        """The service that `settings` describe; `asked` hears of cancels.

        UnavailableError("database"); SchemaError: migrations are missing.
        """
        database = Database(settings.database_url)
        prepare(database)
        return cls(
            database,
            Ledger(database, limit=settings.job_queue_limit, asked=asked),
            CeleryQueue(celery_app(settings), settings.redis_url),
            Channel(settings.redis_url, ttl_s=settings.job_event_ttl_s, limit=settings.job_event_limit),
            Feed(settings.redis_url, wait_s=settings.job_watch_s),
            poll_s=settings.job_watch_s,
        )

    async def submit(self, spec: JobSpec) -> Job:
        """Queue a picture: the row first, then the message that wakes a worker.

        ResourceExhaustedError when the queue is full. When the message cannot be sent the job is refused as a
        whole: its row becomes FAILED and UnavailableError("redis") is raised. If we die between the two, the
        row stays QUEUED and the workers' sweep finds it.
        """
        queue = queue_name(spec.priority)
        with spans.child(messaging.name("send", queue), "producer", messaging.attributes("send", queue)) as span:
            traced = replace(spec, trace=span.carried) if span.carried else spec
            job = await self._in_thread(lambda: self._submit(traced))
            span.set("messaging.message.id", job.id)
            return job

    def watch(self, job_id: str, known: Job | None = None) -> AsyncGenerator[JobEvent, None]:
        """Events from where the job stands to its end, which always comes, by the row if Redis is away.

        Who has just submitted the job gives it as `known`, and nothing is looked up. NotFoundError;
        UnavailableError("database").
        """
        return self._watcher.watch(job_id, known)

    async def cancel(self, job_id: str) -> None:
        """Stop a job before its next step; no effect on one that has ended. NotFoundError."""
        await self._in_thread(lambda: self._cancel(job_id))

    async def get(self, job_id: str) -> Job:
        """The job now; NotFoundError."""
        return await self._in_thread(lambda: self._ledger.get(job_id))

    async def check_database(self) -> None:
        """Return if the database answers; UnavailableError("database")."""
        await self._in_thread(self._ledger.queued)

    async def check_redis(self) -> None:
        """Return if Redis answers; UnavailableError("redis")."""
        await self._feed.ping()

    async def close(self) -> None:
        """Close connections and threads."""
        await self._feed.close()
        await asyncio.to_thread(self._threads.shutdown)
        self._channel.close()
        self._queue.close()
        self._database.close()

    async def _in_thread(self, work: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _submit(self, spec: JobSpec) -> Job:
        job = self._ledger.add(spec)
        try:
            self._queue.send(job.id, job.priority)
        except UnavailableError as error:
            self._ledger.refuse(job.id, error.message)
            raise
        return job

    def _cancel(self, job_id: str) -> None:
        job = self._ledger.request_cancel(job_id)
        try:
            if job.state is JobState.CANCELLING:
                self._channel.cancel(job_id)
            elif job.state is JobState.CANCELLED:
                self._channel.publish(JobEvent.of(job, "state", now()))
        except UnavailableError as error:
            # The worker and the watchers find it in the row, a little later.
            _log.warning("cancel is told by the row only", job_id=job_id, cause=error.message)
