"""The jobs room put together by hand, for one test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.jobs import JobService, JobSettings, JobSpec
from services.jobs.channel import Channel
from services.jobs.database import Database
from services.jobs.job import Job
from services.jobs.leases import Lease, Leases
from services.jobs.ledger import Ledger, now
from services.jobs.queue import CeleryQueue, celery_app
from services.jobs.recovery import Recovery
from services.jobs.sweep import Sweep
from services.worker.teller import Teller
from tests.fakes.denoising import orders


def spec(*, steps: int = 4, step_s: float = 0.0, seed: int = 7, preview_every: int = 0, **changes: object) -> JobSpec:
    names = ("breaks", "invalid", "fault", "kills", "hangs")
    features = orders(step_s=step_s, **{name: changes.pop(name) for name in names if name in changes})  # type: ignore[arg-type]
    values = {
        "tenant": "acme",
        "request_id": "request-1",
        "features": features,
        "seed": seed,
        "steps": steps,
        "guidance": 2.0,
        "preview_every": preview_every,
    }
    return JobSpec(**values | changes)  # type: ignore[arg-type]


class Clock:
    """The real time, or later."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return now() + self._ahead

    def forward(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


@dataclass
class Bench:
    """A service as the gateway has it, and the parts a worker has, which go by `clock`."""

    settings: JobSettings
    service: JobService
    ledger: Ledger
    leases: Leases
    queue: CeleryQueue
    channel: Channel
    sweep: Sweep
    database: Database
    clock: Clock

    @classmethod
    def open(cls, settings: JobSettings) -> Bench:
        database, clock = Database(settings.database_url), Clock()
        service = JobService.open(settings)
        ledger = Ledger(database, limit=settings.job_queue_limit, clock=clock)
        leases = Leases(
            database, lease=timedelta(seconds=settings.job_lease_s), deliveries=settings.job_deliveries, clock=clock
        )
        queue = CeleryQueue(celery_app(settings), settings.redis_url)
        channel = Channel(settings.redis_url, ttl_s=settings.job_event_ttl_s, limit=settings.job_event_limit)
        recovery = Recovery(database, deliveries=settings.job_deliveries, clock=clock)
        age = timedelta(seconds=settings.job_resend_s)
        sweep = Sweep(ledger, recovery, queue, Teller(channel).tell, age)
        return cls(settings, service, ledger, leases, queue, channel, sweep, database, clock)

    def claimed(self, job: Job) -> Lease:
        lease = self.leases.claim(job.id, suspect=True)
        assert isinstance(lease, Lease)
        return lease

    async def close(self) -> None:
        await self.service.close()
        self.queue.close()
        self.channel.close()
        self.database.close()
