"""What the worker measures, every name beginning with `wegen_worker_`, times in seconds."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.telemetry import buckets


class WorkerMetrics:
    """The worker's metrics in the registry handed in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.queue_wait = self._seconds("queue_wait", "From a job's submission to a worker's lease.", buckets.QUEUE)
        self.step_latency = self._seconds("step_latency", "Between two denoising steps of one job.", buckets.STEP)
        self.job_duration = self._seconds(
            "job_duration", "From lease to end of a job, by outcome.", buckets.OPERATION, "outcome"
        )
        self.decode_duration = self._seconds(
            "decode_duration", "Latents to encoded picture, previews included.", buckets.OPERATION
        )
        self.jobs = Counter("wegen_worker_jobs", "Jobs ended, by outcome.", ("outcome",), registry=registry)
        self.store_errors = Counter("wegen_worker_store_errors", "Failed calls to the object store.", registry=registry)
        self.running_jobs = Gauge("wegen_worker_running_jobs", "Jobs this worker drives now.", registry=registry)

    def observe_steps(self, count: int, seconds: float) -> None:
        """`count` steps of one job, told together after `seconds`."""
        for _ in range(count):
            self.step_latency.observe(seconds / count)

    def _seconds(self, name: str, text: str, bounds: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"wegen_worker_{name}_seconds", text, labels, buckets=bounds, registry=self.registry)
