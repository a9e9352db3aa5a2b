"""Operations as the gateway uses them, for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Self, TypeVar

import structlog

from services.errors import UnavailableError
from services.jobs.channel import Channel
from services.jobs.database import Database
from services.jobs.events import JobEvent
from services.jobs.feed import Feed
from services.jobs.job import Job, JobState
from services.jobs.ledger import Asked, Ledger, now
from services.jobs.operations.composing import Composing, OperationLease
from services.jobs.operations.register import Register
from services.jobs.operations.upkeep import Upkeep
from services.jobs.operations.watching import Cursor, OperationWatcher, Told
from services.jobs.order import Operation, OperationSpec, Picture, Snapshot
from services.jobs.queue import CeleryQueue, JobQueue, celery_app
from services.jobs.settings import JobSettings
from services.jobs.turns import queue_name
from services.telemetry import messaging, spans

_THREADS = 8
_Result = TypeVar("_Result")
_log = structlog.get_logger(__name__)


class OperationService:
    """What blocks runs in threads of its own; every method may raise UnavailableError("database")."""

    def __init__(
        self,
        register: Register,
        composing: Composing,
        upkeep: Upkeep,
        *,
        queue: JobQueue,
        channel: Channel,
        feed: Feed,
        watch_s: float,
    ) -> None:
        self._register, self.composing, self._upkeep = register, composing, upkeep
        self._queue, self._channel, self._feed = queue, channel, feed
        self._watch_s = watch_s
        self._watcher = OperationWatcher(feed, self.get, poll_s=watch_s)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="operations")
        # Set when an operation was added here: nobody has to find it.
        self.added = asyncio.Event()

    @classmethod
    def open(cls, settings: JobSettings, database: Database, *, tenant: str, asked: Asked | None = None) -> Self:
        """The service that `settings` describe, on the caller's database; `asked` hears of cancels."""
        ledger = Ledger(database, limit=settings.job_queue_limit, asked=asked)
        return cls(
            Register(database, ledger, tenant=tenant, limit=settings.job_operation_limit),
            Composing(database, lease=timedelta(seconds=settings.job_lease_s), room=settings.job_queue_limit // 2),
            Upkeep(
                database,
                ledger,
                deliveries=settings.job_deliveries,
                retention=timedelta(seconds=settings.job_retention_s),
            ),
            queue=CeleryQueue(celery_app(settings), settings.redis_url),
            channel=Channel(settings.redis_url, ttl_s=settings.job_event_ttl_s, limit=settings.job_event_limit),
            feed=Feed(settings.redis_url, wait_s=settings.job_watch_s),
            watch_s=settings.job_watch_s,
        )

    async def add(self, specs: Sequence[OperationSpec]) -> tuple[Operation, ...]:
        """See `Register.add`. Redis need not be there."""
        added = await self.in_thread(lambda: self._register.add(specs))
        self.added.set()
        return added

    async def get(self, operation_id: str) -> Snapshot:
        """The operation now; NotFoundError."""
        return await self.in_thread(lambda: self._register.get(operation_id))

    async def page(self, *, size: int, after: tuple[datetime, str] | None, done: bool | None) -> tuple[Snapshot, ...]:
        """See `Register.page`."""
        return await self.in_thread(lambda: self._register.page(size=size, after=after, done=done))

    async def delete(self, operation_id: str) -> tuple[Job, ...]:
        """See `Register.delete`."""
        return await self.in_thread(lambda: self._register.delete(operation_id))

    async def cancel(self, operation_id: str) -> None:
        """Stop what runs before its next step; no effect on what has ended. NotFoundError."""
        await self.in_thread(lambda: self._cancel(operation_id))

    async def pause(self, operation_id: str, seconds: float) -> None:
        """Wait until something may have happened to the operation, at most `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._feed.read(operation_id, await self._feed.newest(operation_id))
        except TimeoutError:
            return
        except UnavailableError:
            await asyncio.sleep(min(seconds, self._watch_s))

    def watch(self, operation_id: str, cursor: Cursor | None) -> AsyncGenerator[Told, None]:
        """See `OperationWatcher.watch`."""
        return self._watcher.watch(operation_id, cursor)

    async def complete(self, lease: OperationLease, pictures: Sequence[Picture]) -> None:
        """Turn an operation into jobs and wake workers; what cannot be sent the sweep finds. LeaseLostError."""
        queue = queue_name(lease.operation.priority)
        attributes = messaging.attributes("send", queue, count=len(pictures))
        with spans.child(messaging.name("send", queue), "producer", attributes) as span:
            await self.in_thread(lambda: self._complete(lease, pictures, span.carried))

    async def look_after(self) -> None:
        """See `Upkeep.once`."""
        await self.in_thread(self._upkeep.once)

    async def in_thread(self, work: Callable[[], _Result]) -> _Result:
        """What `work` returns, done in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def close(self) -> None:
        """Close connections and threads; the database is the caller's."""
        await self._feed.close()
        await asyncio.to_thread(self._threads.shutdown)
        self._channel.close()
        self._queue.close()

    def _complete(self, lease: OperationLease, pictures: Sequence[Picture], trace: str | None) -> None:
        jobs = self.composing.complete(lease, pictures, lease.operation.id, trace)
        try:
            for job in jobs:
                self._queue.send(job.id, job.priority)
        except UnavailableError as error:
            _log.warning("jobs wait for the sweep", operation_id=lease.operation.id, cause=error.message)

    def _cancel(self, operation_id: str) -> None:
        _, jobs = self._register.request_cancel(operation_id)
        try:
            for job in jobs:
                if job.state is JobState.CANCELLING:
                    self._channel.cancel(job.id)
                else:
                    self._channel.publish(JobEvent.of(job, "state", now()))
        except UnavailableError as error:
            _log.warning("cancel is told by the rows only", operation_id=operation_id, cause=error.message)
