"""What the worker measures, every name beginning with `wegen_worker_`, times in seconds."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from services.telemetry import buckets, labels
from services.telemetry.service_metrics import ServiceMetrics

CAUSES = ("deadline", "hurry", "dependency", "model", "refused", "fault", "worn_out")


class WorkerMetrics(ServiceMetrics):
    """The worker's metrics in the registry handed in."""

    prefix = "wegen_worker"

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self._of_time()
        self._of_ends()
        self._of_the_process()

    def observe_steps(self, count: int, seconds: float) -> None:
        """`count` steps of one job, told together after `seconds`."""
        for _ in range(count):
            self.step_latency.observe(seconds / count)

    def _of_time(self) -> None:
        self.queue_wait = self._histogram(
            "queue_wait_seconds", "From a job's submission to a worker's lease.", buckets.QUEUE
        )
        self.step_latency = self._histogram(
            "step_latency_seconds", "Between two denoising steps of one job.", buckets.STEP
        )
        self.job_duration = self._histogram(
            "job_duration_seconds",
            "From lease to end of a job's stay with this worker, by outcome.",
            buckets.OPERATION,
            outcome=(*labels.ENDS, "queued", "lost"),
        )
        self.decode_duration = self._histogram(
            "decode_duration_seconds", "Latents to encoded picture, previews included.", buckets.OPERATION
        )
        self.images = self._histogram(
            "image_seconds",
            "From a job's submission to its stored picture. Size small: up to 512 x 512 pixels, medium: up to 1024 x "
            "1024, large: more. Steps few: up to 20, usual: up to 50, many: more.",
            buckets.IMAGE,
            priority=labels.PRIORITIES,
            size=labels.SIZES,
            steps=labels.STEPS,
        )

    def _of_ends(self) -> None:
        self.jobs = self._counter(
            "jobs",
            "Jobs that left this worker; succeeded, failed and cancelled are ends, those that its sweep made included; "
            "queued: handed back; lost: the lease went to another worker.",
            "jobs",
            outcome=(*labels.ENDS, "queued", "lost"),
        )
        self.failures = self._counter(
            "failures",
            "Failed jobs by cause; deadline: its time was over; hurry: the same, and its caller had given it less than "
            "a minute; dependency: one was away for too long; worn_out: its workers died in turn.",
            "jobs",
            cause=CAUSES,
        )
        self.leases_lost = self._counter(
            "leases_lost",
            "Leases that ran out, noticed by the sweep of any worker, or by the worker that had it.",
            "leases",
            noticed=("sweep", "worker"),
        )
        self.redeliveries = self._counter(
            "redeliveries",
            "Jobs begun here that another worker had begun and lost; strike: it had made no progress since the last "
            "checkpoint.",
            "jobs",
            strike=("yes", "no"),
        )

    def _of_the_process(self) -> None:
        self.running_jobs = self._gauge("running_jobs", "Jobs this worker drives now.", "jobs")
        self.threads = self._gauge("threads", "Jobs this worker can drive at once.", "jobs")
        self.store_seconds = self._histogram(
            "store_seconds", "Calls of the object store.", buckets.STORE, call=labels.STORE_CALLS
        )
        self.store_errors = self._counter(
            "store_errors", "Calls that the object store did not answer.", "calls", call=labels.STORE_CALLS
        )
