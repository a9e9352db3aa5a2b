"""One job from lease to end."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import structlog
from numpy.typing import NDArray

from services.errors import CancelledRequestError, DeadlineExceededError, NotFoundError, UnavailableError, WegenError
from services.jobs.job import Job, JobState
from services.jobs.leases import Lease, LeaseLostError, Leases, Refusal
from services.jobs.ledger import Clock, now
from services.jobs.transitions import TERMINAL
from services.storage import ObjectStore
from services.storage.naming import image
from services.telemetry import spans
from services.telemetry.logs import bound
from services.telemetry.spans import NO_TRACES, Attributes, Tracer
from services.telemetry.worker_metrics import WorkerMetrics
from services.worker.checkpoints import Checkpoints
from services.worker.denoising import Denoising
from services.worker.grip import Desk, GivenBackError, Grip, Stop
from services.worker.leavings import Leavings
from services.worker.persistence import Persistence, delays
from services.worker.ports import Decoder
from services.worker.previews import Previews
from services.worker.reasons import FAULT, LATE, sentence
from services.worker.suspects import Suspects
from services.worker.tally import Tally
from services.worker.teller import Teller
from services.worker.trace import JobTrace

_DECODE_S = 60.0
_PNG = "image/png"
_log = structlog.get_logger(__name__)


class Synthesizer:
    """Shared by all of a worker's threads; `run` is what the queue's task calls."""

    def __init__(
        self,
        *,
        denoising: Denoising,
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
        clock: Clock = now,
        tracer: Tracer = NO_TRACES,
    ) -> None:
        self._denoising, self._decoder, self._store = denoising, decoder, store
        self._leases, self._teller, self._previews, self._desk = leases, teller, previews, desk
        self._checkpoints, self._leavings, self._resend = checkpoints, leavings, resend
        self._suspects = Suspects(leases)
        self._metrics, self._tally = metrics, Tally(metrics)
        self._retry_s, self._limit_s = retry_s, limit_s
        self._clock = clock
        self._trace = JobTrace(tracer, clock)

    def run(self, job_id: str) -> None:
        """Make the job's picture, unless somebody else does or did; the row says how it ended."""
        with self._suspects.claimed(job_id) as claimed:
            if isinstance(claimed, Refusal):
                self._decline(claimed)
            else:
                self._work(claimed)

    def _work(self, claimed: Lease) -> None:
        job = claimed.job
        self._tally.begun(job, self._clock())
        began, outcome = time.monotonic(), JobState.FAILED.value
        with (
            self._trace.begun(claimed) as span,
            bound(job_id=job.id, request_id=job.request_id),
            self._metrics.running_jobs.track_inprogress(),
            self._desk.holding(claimed) as grip,
        ):
            self._teller.tell(job)
            try:
                outcome = self._outcome(grip)
            finally:
                seconds = time.monotonic() - began
                self._tally.left(outcome, seconds)
                span.set("wegen.job.outcome", outcome)
                _log.info("job ended", outcome=outcome, seconds=round(seconds, 3), attempt=job.deliveries)

    def _decline(self, refusal: Refusal) -> None:
        job = refusal.job
        if job and refusal.ended:
            self._tally.ended_waiting(job)
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
            self._tally.failed(lease.job, None)
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
            spans.current().fail(error.code)
            words = sentence(error)
            ended = self._written(lambda: self._leases.fail(lease, words))
            if ended.state is JobState.FAILED:
                self._tally.failed(lease.job, error)
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
        latents = self._denoising.run(grip, persistence, lambda: self._time_left(job, began))
        persistence.progressed()
        png = persistence.call(lambda: self._decode(job, latents))
        grip.check()
        persistence.call(lambda: self._keep(name, png))
        self._tally.made(job, latents, self._clock())
        return name

    def _decode(self, job: Job, latents: NDArray[np.float32]) -> bytes:
        began = time.monotonic()
        with spans.child("decode"):
            png = self._decoder.decode(latents, request_id=job.request_id, timeout=_DECODE_S)
        self._metrics.decode_duration.observe(time.monotonic() - began)
        return png

    def _is_stored(self, name: str) -> bool:
        try:
            self._store.stat(name)
        except NotFoundError:
            return False
        return True

    def _keep(self, name: str, png: bytes) -> None:
        attributes: Attributes = {"wegen.object.kind": "picture", "wegen.object.size": len(png)}
        with spans.child("store put", "client", attributes):
            # False means that another worker stored the same picture: the name is the job's own.
            self._store.put_new(name, png, _PNG)

    def _left(self, job: Job, began: float) -> float:
        """Seconds to the job's deadline, or to the end of what one worker may spend on it."""
        left = self._limit_s - (time.monotonic() - began)
        return left if job.deadline is None else min(left, (job.deadline - self._clock()).total_seconds())

    def _time_left(self, job: Job, began: float) -> float:
        left = self._left(job, began)
        if left <= 0:
            raise DeadlineExceededError(LATE)
        return left
