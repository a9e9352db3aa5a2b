"""The hold a worker has on a job: what lets other threads stop it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from services.errors import CancelledRequestError, UnavailableError
from services.jobs.leases import Lease, LeaseLostError
from services.worker.ports import Stream


class Stop(Enum):
    """Why a job is to stop."""

    CANCELLED = "cancelled"
    LOST = "lost"
    LEAVING = "leaving"


class GivenBackError(Exception):
    """The process is to end and the job cannot go on now: another worker shall have it."""


class Grip:
    """One job in this process. The job's thread works and asks; any other thread may say stop."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._why: Stop | None = None
        self._stream: Stream | None = None
        self._heard = time.monotonic()
        self._stalled = False
        self._retiring = False

    def retire(self) -> None:
        """Go on while the work goes well, but wait for nothing."""
        self._retiring = True
        self._stopped.set()

    def stop(self, why: Stop) -> None:
        """End the job before its next step; the first reason counts."""
        with self._lock:
            self._why = self._why or why
            self._stopped.set()
            stream = self._stream
        if stream:
            stream.cancel()

    def check(self) -> None:
        """Raise what the stop means: CancelledRequestError, LeaseLostError or GivenBackError."""
        if self._why is Stop.CANCELLED:
            raise CancelledRequestError("the picture is not wanted any more")
        if self._why is Stop.LOST:
            raise LeaseLostError(self.lease.job.id)
        if self._why is Stop.LEAVING:
            raise GivenBackError(self.lease.job.id)

    def pause(self, seconds: float) -> None:
        """Wait, but not past a stop; GivenBackError when the process is to end."""
        self._stopped.wait(seconds)
        self.check()
        if self._retiring:
            raise GivenBackError(self.lease.job.id)

    @contextmanager
    def streaming(self, stream: Stream) -> Iterator[Stream]:
        """Let a stop, and silence, reach `stream` while it is read; its errors then become the stop's own."""
        with self._lock:
            self._stream, self._stalled, self._heard = stream, False, time.monotonic()
        try:
            with stream:
                self.check()
                yield stream
        except CancelledRequestError as error:
            self.check()
            if self._stalled:
                raise UnavailableError("triton", "no step came for too long") from error
            raise UnavailableError("triton", "the stream was closed") from error
        finally:
            with self._lock:
                self._stream = None

    def heard(self) -> float:
        """Note that the stream gave something; seconds since it last did."""
        now = time.monotonic()
        silence, self._heard = now - self._heard, now
        return silence

    def break_silence(self, limit_s: float) -> None:
        """Close a stream that has said nothing for `limit_s`: its model's process may be dead."""
        with self._lock:
            if self._stream is None or time.monotonic() - self._heard < limit_s:
                return
            self._stalled, stream = True, self._stream
        stream.cancel()


class Desk:
    """All the jobs this process has."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._grips: dict[str, Grip] = {}
        self._retiring = self._leaving = False

    @contextmanager
    def holding(self, lease: Lease) -> Iterator[Grip]:
        """A grip on the leased job while it is worked on."""
        grip = Grip(lease)
        with self._lock:
            self._grips[lease.job.id] = grip
            if self._retiring:
                grip.retire()
            if self._leaving:
                grip.stop(Stop.LEAVING)
        try:
            yield grip
        finally:
            with self._lock:
                # A second lease of the same job may have come after ours was lost.
                if self._grips.get(lease.job.id) is grip:
                    del self._grips[lease.job.id]

    def cancel(self, job_id: str) -> None:
        """Stop a job if it is here."""
        with self._lock:
            grip = self._grips.get(job_id)
        if grip:
            grip.stop(Stop.CANCELLED)

    def retire(self) -> None:
        """The process is to end: see `Grip.retire`."""
        with self._lock:
            self._retiring = True
            for grip in self._grips.values():
                grip.retire()

    def hand_back(self) -> None:
        """The time to finish is over: every job stops before its next step and goes back to the queue."""
        with self._lock:
            self._leaving = True
            grips = tuple(self._grips.values())
        for grip in grips:
            grip.stop(Stop.LEAVING)

    def grips(self) -> tuple[Grip, ...]:
        """The jobs here now."""
        with self._lock:
            return tuple(self._grips.values())
