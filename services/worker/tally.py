"""What becomes of jobs, as metrics."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from services.errors import DeadlineExceededError, InternalError, UnavailableError, WegenError
from services.jobs.job import Job, JobState
from services.jobs.leases import TOO_LATE
from services.jobs.transitions import TERMINAL
from services.telemetry.labels import size_class, step_class
from services.telemetry.worker_metrics import WorkerMetrics

# A latent is a square of 8 x 8 pixels in SDXL's VAE.
_PIXELS_OF_A_LATENT = 64
_HURRY = timedelta(minutes=1)


class Tally:
    """Counts in `metrics`; every job that ends is counted by the one who wrote its end."""

    def __init__(self, metrics: WorkerMetrics) -> None:
        self._metrics = metrics

    def begun(self, job: Job, at: datetime) -> None:
        """A lease of the job was given to this worker."""
        self._metrics.queue_wait.observe((at - job.created_at).total_seconds())
        if job.deliveries > 1:
            self._metrics.redeliveries.labels(strike="yes" if job.strikes > 1 else "no").inc()

    def made(self, job: Job, latents: NDArray[np.float32], at: datetime) -> None:
        """The job's picture is stored; latents [4, h, w]."""
        pixels = latents.shape[-1] * latents.shape[-2] * _PIXELS_OF_A_LATENT
        series = self._metrics.images.labels(
            priority=job.priority.value, size=size_class(pixels), steps=step_class(job.steps)
        )
        series.observe((at - job.created_at).total_seconds())

    def left(self, outcome: str, seconds: float) -> None:
        """A job has left this worker `seconds` after its lease began."""
        self._metrics.job_duration.labels(outcome=outcome).observe(seconds)
        self._metrics.jobs.labels(outcome=outcome).inc()
        if outcome == "lost":
            self._metrics.leases_lost.labels(noticed="worker").inc()

    def failed(self, job: Job, error: WegenError | None) -> None:
        """A job has FAILED, by `error` or by a fault of this worker's own."""
        self._metrics.failures.labels(cause=_cause(job, error) if error else "fault").inc()

    def ended_waiting(self, job: Job) -> None:
        """A job has ended without a worker."""
        self._metrics.jobs.labels(outcome=job.state.value).inc()
        if job.state is JobState.FAILED:
            self._metrics.failures.labels(cause=_late(job) if job.error == TOO_LATE else "worn_out").inc()

    def swept(self, job: Job) -> None:
        """The sweep has changed a job: its lease had run out, unless its time had."""
        if job.error != TOO_LATE:
            self._metrics.leases_lost.labels(noticed="sweep").inc()
        if job.state in TERMINAL:
            self.ended_waiting(job)


def _late(job: Job) -> str:
    """Whose fault it is that a job's time was over: a caller in a hurry must wake nobody."""
    hurried = job.deadline is not None and job.deadline - job.created_at < _HURRY
    return "hurry" if hurried else "deadline"


def _cause(job: Job, error: WegenError) -> str:
    match error:
        case DeadlineExceededError():
            return _late(job)
        case UnavailableError():
            return "dependency"
        case InternalError():
            return "model"
        case _:
            return "refused"
