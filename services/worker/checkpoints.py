"""Latents kept on the way, so that another worker goes on instead of starting again."""

from __future__ import annotations

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import structlog
from numpy.typing import NDArray

from services.errors import NotFoundError, WegenError
from services.jobs.job import Job
from services.jobs.leases import Lease, LeaseLostError, Leases
from services.storage import ObjectStore
from services.storage.naming import checkpoint
from services.telemetry import spans
from services.telemetry.spans import Span

_TYPE = "application/octet-stream"
Latents = NDArray[np.float32]
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Trail:
    """One job's checkpoints: `waiting` is the newest not written, `busy` while a thread writes, `kept` the last one."""

    lease: Lease
    kept: int
    at: float
    waiting: tuple[int, Latents] | None = None
    busy: bool = False
    ended: bool = False
    span: Span = field(default_factory=spans.current)


class Checkpoints:
    """Shared by all jobs. A job's own thread never waits for the store; a store that is away costs checkpoints only.

    The first one is due `every_s` after the job began: pictures that are quickly made pay nothing.
    """

    def __init__(self, store: ObjectStore, leases: Leases, *, every_s: float, threads: int = 2) -> None:
        self._store, self._leases, self._every_s = store, leases, every_s
        self._lock = threading.Lock()
        self._trails: dict[str, _Trail] = {}
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="checkpoint")

    def begin(self, lease: Lease) -> None:
        """A job starts here."""
        with self._lock:
            self._trails[lease.job.id] = _Trail(lease, lease.job.checkpoint, time.monotonic())

    def load(self, job: Job) -> tuple[int, Latents] | None:
        """Step and latents [4, h, w] that an earlier worker kept; None where there are none. UnavailableError."""
        if not job.checkpoint:
            return None
        try:
            with spans.child("store get", "client", _about(job.checkpoint)):
                data = self._store.get(checkpoint(job.tenant, job.id, job.checkpoint))
            return job.checkpoint, np.load(io.BytesIO(data), allow_pickle=False)
        except (NotFoundError, ValueError) as error:
            _log.warning("a checkpoint cannot be read", job_id=job.id, step=job.checkpoint, cause=str(error))
            return None

    def offer(self, lease: Lease, step: int, latents: Latents) -> None:
        """Keep these latents when it is time; returns at once."""
        with self._lock:
            trail = self._trails.get(lease.job.id)
            if trail is None or time.monotonic() - trail.at < self._every_s:
                return
            trail.at, trail.waiting = time.monotonic(), (step, latents)
            begin, trail.busy = not trail.busy, True
        if begin:
            self._threads.submit(self._work, trail)

    def keep(self, lease: Lease, step: int, latents: Latents) -> None:
        """Keep these latents now. UnavailableError; LeaseLostError."""
        trail = self._trails.get(lease.job.id)
        if trail is not None and step > trail.kept:
            self._write(trail, step, latents)

    def finish(self, job_id: str) -> bool:
        """The job has ended here, or goes on elsewhere: whether it left checkpoints."""
        with self._lock:
            trail = self._trails.pop(job_id, None)
            if trail is None:
                return False
            trail.waiting, trail.ended = None, True
            return trail.kept > 0 or trail.busy

    def close(self) -> None:
        """Wait for what is being written."""
        self._threads.shutdown(cancel_futures=True)

    def _work(self, trail: _Trail) -> None:
        while True:
            with self._lock:
                item, trail.waiting = trail.waiting, None
                if item is None:
                    trail.busy = False
                    return
            try:
                self._write(trail, *item)
            except LeaseLostError:
                continue
            except WegenError as error:
                _log.warning("checkpoint skipped", job_id=trail.lease.job.id, step=item[0], cause=error.message)

    def _write(self, trail: _Trail, step: int, latents: Latents) -> None:
        job, buffer = trail.lease.job, io.BytesIO()
        np.save(buffer, latents, allow_pickle=False)
        name = checkpoint(job.tenant, job.id, step)
        with spans.within(trail.span), spans.child("store put", "client", _about(step, buffer.tell())):
            self._store.put(name, buffer.getvalue(), _TYPE)
        if trail.ended:
            self._store.delete(name)
            return
        # Only now may the row name it. Who came this far has not been stopped by the job itself.
        self._leases.renew(trail.lease, checkpoint=step, strikes=0)
        if trail.kept and trail.kept != step:
            self._store.delete(checkpoint(job.tenant, job.id, trail.kept))
        trail.kept = step


def _about(step: int, size: int | None = None) -> dict[str, str | int]:
    attributes: dict[str, str | int] = {"wegen.object.kind": "checkpoint", "wegen.denoise.step": step}
    return attributes if size is None else {**attributes, "wegen.object.size": size}
