"""Preview pictures, made beside the step stream and never in its way."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import structlog
from numpy.typing import NDArray

from services.errors import WegenError
from services.jobs.job import JobState
from services.jobs.leases import Lease, LeaseLostError, Leases
from services.storage import ObjectStore
from services.storage.naming import preview
from services.telemetry import spans
from services.telemetry.spans import Span
from services.telemetry.worker_metrics import WorkerMetrics
from services.worker.ports import Decoder
from services.worker.teller import Teller

_DECODE_S = 30.0
_PNG = "image/png"
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Album:
    """One job's previews: `waiting` is the newest one not begun, `busy` while a thread makes one."""

    lease: Lease
    waiting: tuple[int, NDArray[np.float32]] | None = None
    busy: bool = False
    span: Span = field(default_factory=spans.current)


class Previews:
    """Shared by all jobs. A job that is ahead of its previews loses the older ones."""

    def __init__(
        self,
        decoder: Decoder,
        store: ObjectStore,
        leases: Leases,
        teller: Teller,
        metrics: WorkerMetrics,
        *,
        threads: int,
    ) -> None:
        self._decoder, self._store, self._leases, self._teller = decoder, store, leases, teller
        self._metrics = metrics
        self._lock = threading.Lock()
        self._albums: dict[str, _Album] = {}
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="preview")

    def offer(self, lease: Lease, step: int, latents: NDArray[np.float32]) -> None:
        """Make a preview of latents [4, h, w] after `step` when there is time; returns at once."""
        with self._lock:
            album = self._albums.setdefault(lease.job.id, _Album(lease))
            album.waiting = (step, latents)
            begin, album.busy = not album.busy, True
        if begin:
            self._threads.submit(self._work, album)

    def finish(self, job_id: str) -> None:
        """The job has its picture or none: what is still being made is thrown away."""
        with self._lock:
            album = self._albums.pop(job_id, None)
            if album:
                album.waiting = None

    def close(self) -> None:
        """Wait for what is being made."""
        self._threads.shutdown(cancel_futures=True)

    def _work(self, album: _Album) -> None:
        while True:
            with self._lock:
                item, album.waiting = album.waiting, None
                if item is None:
                    album.busy = False
                    return
            try:
                with spans.within(album.span), spans.child("preview", attributes={"wegen.denoise.step": item[0]}):
                    self._make(album, *item)
            except LeaseLostError:
                continue
            except WegenError as error:
                # A preview is a courtesy: the job goes on without it.
                _log.warning("preview skipped", job_id=album.lease.job.id, step=item[0], cause=error.message)

    def _make(self, album: _Album, step: int, latents: NDArray[np.float32]) -> None:
        job = album.lease.job
        began = time.monotonic()
        png = self._decoder.decode(latents, request_id=job.request_id, timeout=_DECODE_S)
        self._metrics.decode_duration.observe(time.monotonic() - began)
        name = preview(job.tenant, job.id, step)
        self._store.put(name, png, _PNG)
        with self._lock:
            wanted = self._albums.get(job.id) is album
        if wanted and self._leases.renew(album.lease, preview=name) is JobState.RUNNING:
            self._teller.tell(replace(job, step=step, preview=name), "preview")
