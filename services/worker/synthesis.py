"""One job from lease to end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import structlog
from numpy.typing import NDArray

from services.errors import CancelledRequestError, DeadlineExceededError, NotFoundError, UnavailableError, WegenError
from services.inference.denoiser import DenoiseRequest
from services.jobs.job import Job, JobState
from services.jobs.leases import Lease, LeaseLostError, Leases, Refusal
from services.jobs.ledger import Clock, now
from services.jobs.transitions import TERMINAL
from services.storage import ObjectStore
from services.storage.naming import image
from services.telemetry.logs import bound
from services.telemetry.worker_metrics import WorkerMetrics
from services.worker.checkpoints import Checkpoints
from services.worker.grip import Desk, GivenBackError, Grip, Stop
from services.worker.leavings import Leavings
from services.worker.persistence import Persistence, delays
from services.worker.ports import Decoder, Denoiser
from services.worker.previews import Previews
from services.worker.reasons import FAULT, LATE, sentence
from services.worker.suspects import Suspects
from services.worker.teller import Teller

_DECODE_S = 60.0
_PNG = "image/png"
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


class Synthesizer:
    """Shared by all of a worker's threads; `run` is what the queue's task calls."""

    def __init__(
        self,
        *,
        denoiser: Denoiser,
        decoder: Decoder,
        store: ObjectStore,
        leases: Leases,
        teller: Teller,
        previews: Previews,
        checkpoints: Checkpoints,
        leavings: Leavings,
        resend: Callable[[Job], None],
        desk: Desk,
        metrics: WorkerMetrics,
        retry_s: float,
        limit_s: float,
        checkpoint_steps: int,
        tell_s: float,
        note_s: float,
        clock: Clock = now,
    ) -> None:
        self._denoiser, self._decoder, self._store = denoiser, decoder, store
        self._leases, self._teller, self._previews, self._desk = leases, teller, previews, desk
        self._checkpoints, self._leavings, self._resend = checkpoints, leavings, resend
        self._suspects = Suspects(leases)
        self._metrics = metrics
        self._limit_s, self._checkpoint_steps = limit_s, checkpoint_steps
        self._retry_s, self._tell_s, self._note_s = retry_s, tell_s, note_s
        self._clock = clock

    def run(self, job_id: str) -> None:
        """Make the job's picture, unless somebody else does or did; the row says how it ended."""
        with self._suspects.claimed(job_id) as claimed:
            if isinstance(claimed, Refusal):
                self._decline(claimed.job)
            else:
                self._work(claimed)

    def _work(self, claimed: Lease) -> None:
        job = claimed.job
        self._metrics.queue_wait.observe((self._clock() - job.created_at).total_seconds())
        began = time.monotonic()
        with (
            bound(job_id=job.id, request_id=job.request_id),
            self._metrics.running_jobs.track_inprogress(),
            self._desk.holding(claimed) as grip,
        ):
            self._teller.tell(job)
            outcome = self._outcome(grip)
            seconds = time.monotonic() - began
            self._metrics.job_duration.labels(outcome=outcome).observe(seconds)
            self._metrics.jobs.labels(outcome=outcome).inc()
            _log.info("job ended", outcome=outcome, seconds=round(seconds, 3), attempt=job.deliveries)

    def _decline(self, job: Job | None) -> None:
        if job and job.state in TERMINAL:
            # It may have ended by our asking; telling it twice does no harm.
            self._teller.tell(job)
            self._leavings.clear(job, checkpoints=job.checkpoint > 0)

    def _outcome(self, grip: Grip) -> str:
        lease = grip.lease
        try:
            ended = self._end(lease, lambda: self._made(grip))
        except LeaseLostError:
            return Stop.LOST.value
        except GivenBackError:
            ended = self._end(lease, lambda: self._given_back(lease))
        except Exception:
            self._end(lease, lambda: self._leases.fail(lease, FAULT))
            raise
        finally:
            self._previews.finish(lease.job.id)
            left = self._checkpoints.finish(lease.job.id)
        self._leavings.clear(ended, checkpoints=left and ended.state in TERMINAL)
        return ended.state.value

    def _made(self, grip: Grip) -> Job:
        name = self._make(grip)
        return self._written(lambda: self._leases.succeed(grip.lease, name))

    def _given_back(self, lease: Lease) -> Job:
        job = self._written(lambda: self._leases.give_back(lease))
        if job.state is JobState.QUEUED:
            self._resend(job)
        return job

    def _written(self, write: Callable[[], Job]) -> Job:
        """What `write` returns, tried again while the database is away: the work is done and must not be lost."""
        end = time.monotonic() + self._retry_s
        for delay in delays():
            try:
                return write()
            except UnavailableError as error:
                if time.monotonic() + delay > end:
                    raise
                _log.warning("writing the row again", cause=error.message, delay_s=delay)
                time.sleep(delay)
        raise AssertionError("delays do not end")

    def _end(self, lease: Lease, work: Callable[[], Job]) -> Job:
        """Do `work` and turn its errors into the job's end; tell the watchers."""
        try:
            ended = work()
        except CancelledRequestError:
            ended = self._written(lambda: self._leases.confirm_cancel(lease))
        except WegenError as error:
            _log.warning("job failed", cause=error.message, reason=error.reason)
            words = sentence(error)
            ended = self._written(lambda: self._leases.fail(lease, words))
        self._previews.finish(lease.job.id)
        self._teller.tell(ended)
        return ended

    def _make(self, grip: Grip) -> str:
        """The object name of the finished picture, stored."""
        job = grip.lease.job
        name = image(job.tenant, job.id)
        began = time.monotonic()
        persistence = Persistence(grip, self._retry_s, lambda: self._left(job, began))
        if job.deliveries > 1 and persistence.call(lambda: self._is_stored(name)):
            return name  # the worker before us came that far
        progress = persistence.call(lambda: self._resumed(grip.lease))
        latents = persistence.call(lambda: self._denoise_or_keep(grip, progress, persistence, began))
        persistence.progressed()
        png = persistence.call(lambda: self._decode(job, latents))
        grip.check()
        persistence.call(lambda: self._keep(name, png))
        return name

    def _resumed(self, lease: Lease) -> _Progress:
        self._checkpoints.begin(lease)
        kept = self._checkpoints.load(lease.job)
        if kept is None:
            return _Progress()
        step, latents = kept
        _log.info("job goes on", step=step, attempt=lease.job.deliveries)
        return _Progress(step=step, latents=latents, latents_step=step)

    def _denoise_or_keep(
        self, grip: Grip, progress: _Progress, persistence: Persistence, began: float
    ) -> NDArray[np.float32]:
        """See `_denoise`; a job that goes back to the queue takes along how far it came."""
        try:
            return self._denoise(grip, progress, persistence, began)
        except GivenBackError:
            if progress.latents is not None:
                self._keep_latents(grip.lease, progress.latents_step, progress.latents)
            raise

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

    def _denoise(self, grip: Grip, progress: _Progress, persistence: Persistence, began: float) -> NDArray[np.float32]:
        lease, job = grip.lease, grip.lease.job
        request = DenoiseRequest(
            features=lease.features,
            seed=job.seed,
            steps=job.steps,
            guidance=job.guidance,
            latents_every=self._latents_every(job),
            latents=progress.latents,
            start_step=progress.latents_step,
        )
        stream = self._denoiser.denoise(request, request_id=job.request_id, timeout=self._time_left(job, began))
        done = request.start_step
        with grip.streaming(stream) as events:
            for event in events:
                grip.check()
                self._metrics.observe_steps(event.step - done, grip.heard())
                done = event.step
                if event.latents is not None:
                    progress.latents, progress.latents_step = event.latents, event.step
                    persistence.progressed()
                if event.step > progress.step:
                    self._note(grip, progress, event.step)
                    if event.latents is not None and event.step < job.steps:
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

    def _decode(self, job: Job, latents: NDArray[np.float32]) -> bytes:
        began = time.monotonic()
        png = self._decoder.decode(latents, request_id=job.request_id, timeout=_DECODE_S)
        self._metrics.decode_duration.observe(time.monotonic() - began)
        return png

    def _is_stored(self, name: str) -> bool:
        with self._counting_store_errors():
            try:
                self._store.stat(name)
            except NotFoundError:
                return False
            return True

    def _keep(self, name: str, png: bytes) -> None:
        with self._counting_store_errors():
            # False means that another worker stored the same picture: the name is the job's own.
            self._store.put_new(name, png, _PNG)

    @contextmanager
    def _counting_store_errors(self) -> Iterator[None]:
        try:
            yield
        except UnavailableError:
            self._metrics.store_errors.inc()
            raise

    def _left(self, job: Job, began: float) -> float:
        """Seconds to the job's deadline, or to the end of what one worker may spend on it."""
        left = self._limit_s - (time.monotonic() - began)
        return left if job.deadline is None else min(left, (job.deadline - self._clock()).total_seconds())

    def _time_left(self, job: Job, began: float) -> float:
        left = self._left(job, began)
        if left <= 0:
            raise DeadlineExceededError(LATE)
        return left
