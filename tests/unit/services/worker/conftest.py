from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from services.errors import UnavailableError
from services.jobs import Job, JobEvent, JobSpec
from services.jobs.database import Database
from services.jobs.leases import Leases
from services.jobs.ledger import Ledger
from services.migrations import migrate
from services.storage import DirectoryStore
from services.telemetry.metered_store import MeteredStore
from services.telemetry.spans import NO_TRACES, Tracer
from services.telemetry.worker_metrics import WorkerMetrics
from services.worker.checkpoints import Checkpoints
from services.worker.denoising import Denoising
from services.worker.grip import Desk
from services.worker.leavings import Leavings
from services.worker.previews import Previews
from services.worker.synthesis import Synthesizer
from services.worker.teller import Teller
from tests.fakes.denoising import FakeDecoder, FakeDenoiser


@dataclass
class Heard:
    """Takes events; `down` makes it unavailable."""

    events: list[JobEvent] = field(default_factory=list)
    down: bool = False

    def publish(self, event: JobEvent) -> None:
        if self.down:
            raise UnavailableError("redis", "cut")
        self.events.append(event)


class FlakyStore(DirectoryStore):
    """A store that is away for its next `failures` writes."""

    failures = 0

    def put_new(self, name: str, data: bytes, content_type: str) -> bool:
        if self.failures:
            self.failures -= 1
            raise UnavailableError("store", "gone")
        return super().put_new(name, data, content_type)


class Shop:
    """A worker's parts in one thread, on fakes and a real row."""

    def __init__(
        self,
        folder: Path,
        *,
        retry_s: float = 5,
        tell_s: float = 0,
        checkpoint_s: float = 0,
        limit_s: float = 60,
        tracer: Tracer = NO_TRACES,
    ) -> None:
        self.database = Database(f"sqlite:///{folder}/jobs.sqlite3")
        migrate(self.database)
        self.ledger = Ledger(self.database, limit=10)
        self.leases = Leases(self.database, lease=timedelta(seconds=10), deliveries=3)
        self.denoiser, self.decoder, self.heard = FakeDenoiser(), FakeDecoder(), Heard()
        self.store = FlakyStore(folder / "objects")
        self.desk = Desk()
        self.registry = CollectorRegistry()
        self.metrics = WorkerMetrics(self.registry)
        metered = MeteredStore(self.store, self.metrics.store_seconds, self.metrics.store_errors)
        teller = Teller(self.heard)
        self.previews = Previews(self.decoder, metered, self.leases, teller, self.metrics, threads=1)
        self.checkpoints = Checkpoints(self.store, self.leases, every_s=checkpoint_s)
        self.leavings = Leavings(self.store)
        self.resent: list[Job] = []
        self.synthesizer = Synthesizer(
            denoising=Denoising(
                denoiser=self.denoiser,
                leases=self.leases,
                teller=teller,
                previews=self.previews,
                checkpoints=self.checkpoints,
                metrics=self.metrics,
                checkpoint_steps=2,
                tell_s=tell_s,
                note_s=0.01,
            ),
            decoder=self.decoder,
            store=metered,
            leases=self.leases,
            teller=teller,
            previews=self.previews,
            checkpoints=self.checkpoints,
            leavings=self.leavings,
            resend=self.resent.append,
            desk=self.desk,
            metrics=self.metrics,
            retry_s=retry_s,
            limit_s=limit_s,
            tracer=tracer,
        )

    def make(self, spec: JobSpec) -> Job:
        job = self.ledger.add(spec)
        self.synthesizer.run(job.id)
        return self.ledger.get(job.id)

    def metric(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"wegen_worker_{name}", labels) or 0

    def close(self) -> None:
        for helper in (self.previews, self.checkpoints, self.leavings):
            helper.close()
        self.database.close()


@pytest.fixture
def hasty_shop(tmp_path: Path) -> Iterator[Shop]:
    """Tries everything twice and no more."""
    shop = Shop(tmp_path, retry_s=0.3)
    yield shop
    shop.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    yield shop
    shop.close()
