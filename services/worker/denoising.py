"""The steps of one job: streamed, told, noted, kept on the way."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import structlog
from numpy.typing import NDArray

from services.errors import UnavailableError
from services.inference.denoiser import DenoiseRequest
from services.jobs.job import Job, JobState
from services.jobs.leases import Lease, Leases
from services.telemetry import spans
from services.telemetry.worker_metrics import WorkerMetrics
from services.worker.checkpoints import Checkpoints
from services.worker.grip import GivenBackError, Grip, Stop
from services.worker.persistence import Persistence
from services.worker.ports import Denoiser
from services.worker.previews import Previews
from services.worker.teller import Teller

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Progress:
    """How far the denoising is, so that a new stream goes on where the last one broke."""

    step: int = 0
    latents: NDArray[np.float32] | None = None
    latents_step: int = 0
    told_at: float = 0.0
    # The lease has just written the row.
    noted_at: float = field(default_factory=time.monotonic)


class Denoising:
    """Shared by all of a worker's threads. A row is written every `note_s`, watchers are told every `tell_s`."""

    def __init__(
        self,
        *,
        denoiser: Denoiser,
        leases: Leases,
        teller: Teller,
        previews: Previews,
        checkpoints: Checkpoints,
        metrics: WorkerMetrics,
        checkpoint_steps: int,
        tell_s: float,
        note_s: float,
    ) -> None:
        self._denoiser, self._leases, self._teller = denoiser, leases, teller
        self._previews, self._checkpoints, self._metrics = previews, checkpoints, metrics
        self._checkpoint_steps, self._tell_s, self._note_s = checkpoint_steps, tell_s, note_s

    def run(self, grip: Grip, persistence: Persistence, time_left: Callable[[], float]) -> NDArray[np.float32]:
        """The job's latents [4, h, w] after its last step, begun where an earlier worker's were kept.

        WegenError; LeaseLostError; GivenBackError, and the next worker takes along how far this one came.
        `time_left` gives seconds, or raises when there are none.
        """
        progress = persistence.call(lambda: self._resumed(grip.lease))
        first = progress.step
        attributes = {"wegen.denoise.steps": grip.lease.job.steps, "wegen.denoise.first_step": first}
        with spans.child("denoise", attributes=attributes) as span:
            try:
                return persistence.call(lambda: self._denoise(grip, progress, persistence, time_left))
            except GivenBackError:
                if progress.latents is not None:
                    self._keep_latents(grip.lease, progress.latents_step, progress.latents)
                raise
            finally:
                span.set("wegen.denoise.steps_done", progress.step - first)

    def _resumed(self, lease: Lease) -> _Progress:
        self._checkpoints.begin(lease)
        kept = self._checkpoints.load(lease.job)
        if kept is None:
            return _Progress()
        step, latents = kept
        _log.info("job goes on", step=step, attempt=lease.job.deliveries)
        return _Progress(step=step, latents=latents, latents_step=step)

    def _keep_latents(self, lease: Lease, step: int, latents: NDArray[np.float32]) -> None:
        try:
            self._checkpoints.keep(lease, step, latents)
        except UnavailableError as error:
            _log.warning("checkpoint skipped", step=step, cause=error.message)

    def _latents_every(self, job: Job) -> int:
        """Steps between latents: previews and checkpoints both come from them."""
        if not job.preview_every:
            return self._checkpoint_steps
        if job.preview_every <= self._checkpoint_steps:
            return job.preview_every
        # As many as fit evenly into a preview's steps; a prime number of them has checkpoints at its previews only.
        shared = math.gcd(job.preview_every, self._checkpoint_steps)
        return shared if shared * 2 >= self._checkpoint_steps else job.preview_every

    def _denoise(
        self, grip: Grip, progress: _Progress, persistence: Persistence, time_left: Callable[[], float]
    ) -> NDArray[np.float32]:
        lease, job = grip.lease, grip.lease.job
        request = DenoiseRequest(
            features=lease.features,
            seed=job.seed,
            steps=job.steps,
            guidance=job.guidance,
            latents_every=self._latents_every(job),
            latents=progress.latents,
            start_step=progress.latents_step,
            size=job.size,
        )
        stream = self._denoiser.denoise(request, request_id=job.request_id, timeout=time_left())
        done = request.start_step
        with grip.streaming(stream) as events:
            for event in events:
                grip.check()
                self._metrics.observe_steps(event.step - done, grip.heard())
                if done == request.start_step or event.step == job.steps:
                    named = "last step" if event.step == job.steps else "first step"
                    spans.event(named, {"wegen.denoise.step": event.step})
                done = event.step
                if event.latents is not None:
                    progress.latents, progress.latents_step = event.latents, event.step
                    persistence.progressed()
                if event.step > progress.step:
                    self._note(grip, progress, event.step)
                    if event.latents is not None and event.step < job.steps:
                        spans.event("latents", {"wegen.denoise.step": event.step})
                        self._checkpoints.offer(lease, event.step, event.latents)
                        if job.preview_every and event.step % job.preview_every == 0:
                            self._previews.offer(lease, event.step, event.latents)
        if progress.latents is None or progress.latents_step < job.steps:
            raise UnavailableError("triton", "the stream ended before the last step")
        return progress.latents

    def _note(self, grip: Grip, progress: _Progress, step: int) -> None:
        """Tell the step; write it into the row now and then, and hear there of a cancel that was not told us.

        On a CPU, what it takes to tell a short step is taken from the next one.
        """
        progress.step, at = step, time.monotonic()
        if at - progress.told_at >= self._tell_s or step == grip.lease.job.steps:
            progress.told_at = at
            self._teller.tell(replace(grip.lease.job, step=step), "step")
        if at - progress.noted_at < self._note_s:
            return
        progress.noted_at = at
        try:
            state = self._leases.renew(grip.lease, step=step)
        except UnavailableError as error:
            # Only what is shown suffers; the lease is the keeper's care.
            _log.warning("a step was not noted", step=step, cause=error.message)
            return
        if state is JobState.CANCELLING:
            grip.stop(Stop.CANCELLED)
            grip.check()
