"""A whole worker in one process: clients made once and shared, threads started and ended in order."""

from __future__ import annotations

import logging
import socket
import threading
from datetime import timedelta

import structlog
from celery.signals import worker_ready, worker_shutting_down
from prometheus_client import CollectorRegistry

from services.errors import UnavailableError
from services.inference.health import WORKER_MODELS, check_triton
from services.jobs.channel import CancelInbox, Channel
from services.jobs.database import Database
from services.jobs.job import Job
from services.jobs.leases import Leases
from services.jobs.ledger import Ledger
from services.jobs.queue import CeleryQueue, celery_app
from services.jobs.recovery import Recovery
from services.jobs.sweep import Sweep
from services.jobs.transitions import TERMINAL
from services.migrations import prepare
from services.storage import ObjectStore
from services.telemetry.exporter import serve
from services.telemetry.metered_store import MeteredStore
from services.telemetry.spans import NO_TRACES, Tracer
from services.telemetry.worker_metrics import WorkerMetrics
from services.worker.app import worker_app
from services.worker.checkpoints import Checkpoints
from services.worker.consumer import SteadyConsumer
from services.worker.denoising import Denoising
from services.worker.grip import Desk
from services.worker.leavings import Leavings
from services.worker.ports import Decoder, Denoiser
from services.worker.previews import Previews
from services.worker.readiness import Readiness
from services.worker.settings import WorkerSettings
from services.worker.synthesis import Synthesizer
from services.worker.tally import Tally
from services.worker.teller import Teller
from services.worker.watch import Watch, cancel_watch, lease_watch, readiness_watch, sweep_watch

# Two lines a message, which say less than our one a job.
_CHATTY = ("celery.worker.strategy", "celery.app.trace")
_log = structlog.get_logger(__name__)


class WorkerProcess:
    """Denoiser, decoder and store are the caller's; everything else is made from `settings`."""

    def __init__(
        self,
        settings: WorkerSettings,
        *,
        denoiser: Denoiser,
        decoder: Decoder,
        store: ObjectStore,
        tracer: Tracer = NO_TRACES,
    ) -> None:
        self._settings = settings
        self._registry = CollectorRegistry()
        self._database = Database(settings.database_url, connections=settings.worker_threads + 8)
        self._channel = Channel(settings.redis_url, ttl_s=settings.job_event_ttl_s, limit=settings.job_event_limit)
        self._inbox = CancelInbox(settings.redis_url)
        self._queue = CeleryQueue(celery_app(settings), settings.redis_url)
        self._leases = Leases(
            self._database, lease=timedelta(seconds=settings.job_lease_s), deliveries=settings.job_deliveries
        )
        self._teller = Teller(self._channel)
        self._desk = Desk()
        self._readiness = Readiness(
            {
                "database": self._database.ping,
                "redis": self._queue.waiting,
                "store": store.check,
                "triton": lambda: check_triton(settings.triton_url, WORKER_MODELS),
            }
        )
        metrics = WorkerMetrics(self._registry)
        metrics.threads.set(settings.worker_threads)
        store = MeteredStore(store, metrics.store_seconds, metrics.store_errors)
        self._tally = Tally(metrics)
        self._previews = Previews(
            decoder, store, self._leases, self._teller, metrics, threads=settings.worker_preview_threads
        )
        self._checkpoints = Checkpoints(store, self._leases, every_s=settings.worker_checkpoint_s)
        self._leavings = Leavings(store)
        self._synthesizer = Synthesizer(
            denoising=Denoising(
                denoiser=denoiser,
                leases=self._leases,
                teller=self._teller,
                previews=self._previews,
                checkpoints=self._checkpoints,
                metrics=metrics,
                checkpoint_steps=settings.worker_checkpoint_steps,
                tell_s=settings.worker_tell_s,
                note_s=settings.worker_note_s,
            ),
            decoder=decoder,
            store=store,
            leases=self._leases,
            teller=self._teller,
            previews=self._previews,
            checkpoints=self._checkpoints,
            leavings=self._leavings,
            resend=self._resend,
            desk=self._desk,
            metrics=metrics,
            retry_s=settings.worker_retry_s,
            limit_s=settings.worker_time_limit_s,
            tracer=tracer,
        )

    def run(self) -> int:
        """Work until SIGTERM, then finish what is begun; the process's exit status.

        ExporterError when the metrics port is taken; UnavailableError("database"); SchemaError.
        """
        settings = self._settings
        prepare(self._database)
        exporter = serve(
            settings.worker_metrics_port,
            self._registry,
            address=settings.worker_metrics_address,
            answers={"/live": lambda: None, "/ready": self._readiness.missing},
        )
        watches = self._watches()
        for watch in watches:
            watch.start()
        try:
            return self._work()
        finally:
            for watch in watches:
                watch.end()
            for helper in (self._previews, self._checkpoints, self._leavings):
                helper.close()
            exporter.close()
            for part in (self._inbox, self._channel, self._queue, self._database):
                part.close()

    def _watches(self) -> tuple[Watch, ...]:
        settings = self._settings
        recovery = Recovery(self._database, deliveries=settings.job_deliveries)
        ledger = Ledger(self._database, limit=settings.job_queue_limit)
        age = timedelta(seconds=settings.job_resend_s)
        sweep = Sweep(ledger, recovery, self._queue, self._announce, age)
        return (
            lease_watch(self._desk, self._leases, lease_s=settings.job_lease_s, silence_s=settings.worker_silence_s),
            cancel_watch(self._desk, self._inbox),
            sweep_watch(sweep, interval_s=settings.job_sweep_s),
            readiness_watch(self._readiness, interval_s=settings.worker_health_s),
        )

    def _announce(self, job: Job) -> None:
        """The sweep has changed this job."""
        self._tally.swept(job)
        self._teller.tell(job)
        self._leavings.clear(job, checkpoints=job.state in TERMINAL and job.checkpoint > 0)

    def _resend(self, job: Job) -> None:
        """Wake another worker for a job that was given back; where that fails the sweep will."""
        try:
            self._queue.send(job.id, job.priority)
        except UnavailableError as error:
            _log.warning("a job given back waits for the sweep", job_id=job.id, cause=error.message)

    def _work(self) -> int:
        settings = self._settings
        patience = threading.Timer(settings.worker_grace_s, self._desk.hand_back)
        patience.daemon = True

        def begin(**_: object) -> None:
            self._readiness.begin()

        def retire(**_: object) -> None:
            self._readiness.retire()
            self._desk.retire()
            if not patience.ident:
                patience.start()

        for chatty in _CHATTY:
            logging.getLogger(chatty).setLevel(logging.WARNING)
        worker_ready.connect(begin)
        worker_shutting_down.connect(retire)
        worker = worker_app(settings, self._synthesizer.run).Worker(
            pool="threads",
            consumer_cls=SteadyConsumer,
            concurrency=settings.worker_threads,
            loglevel=settings.log_level,
            quiet=True,
            hostname=f"wegen@{socket.gethostname()}",
            # Workers need nothing of each other: the rows coordinate them.
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        _log.info("worker starts", threads=settings.worker_threads)
        try:
            worker.start()
        finally:
            worker_ready.disconnect(begin)
            worker_shutting_down.disconnect(retire)
            patience.cancel()
        return int(worker.exitcode or 0)
