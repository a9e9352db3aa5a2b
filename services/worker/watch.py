"""The threads beside the jobs: keep leases, hear cancels, look for lost jobs."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from services.errors import UnavailableError
from services.jobs.channel import CancelInbox
from services.jobs.job import JobState
from services.jobs.leases import LeaseLostError, Leases
from services.jobs.sweep import Sweep
from services.worker.grip import Desk, Stop
from services.worker.readiness import Readiness

_AGAIN_S = 1.0
_LISTEN_S = 0.5
_log = structlog.get_logger(__name__)


class Watch(threading.Thread):
    """Does `work` every `interval_s` until `end`. A dependency that is away is met again next time."""

    def __init__(self, name: str, work: Callable[[], None], interval_s: float) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._interval_s = interval_s
        self._ended = threading.Event()
        self._troubled = False

    @property
    def ended(self) -> bool:
        """Whether `end` was called."""
        return self._ended.is_set()

    def run(self) -> None:
        """The thread."""
        while not self._ended.wait(self._interval_s):
            try:
                self._work()
                self._note_trouble(None)
            except UnavailableError as error:
                self._note_trouble(error.message)
            except Exception:  # noqa: BLE001 - the next turn may do better
                # Without this thread every lease of the process would run out; the fault is ours and is shown.
                _log.exception("watch failed", watch=self.name)

    def well(self) -> None:
        """Say that the work goes on, for work that does not return."""
        self._note_trouble(None)

    def _note_trouble(self, cause: str | None) -> None:
        """One line when a dependency goes, one when it is back."""
        if cause and not self._troubled:
            _log.warning("watch interrupted", watch=self.name, cause=cause)
        elif self._troubled and not cause:
            _log.info("watch resumed", watch=self.name)
        self._troubled = cause is not None

    def end(self) -> None:
        """Stop, and wait for the work at hand."""
        self._ended.set()
        if self.is_alive():
            self.join()


def lease_watch(desk: Desk, leases: Leases, *, lease_s: float, silence_s: float) -> Watch:
    """Renews the leases of the jobs on `desk`, three times in a lease's time; stops those that are not ours."""

    def renew() -> None:
        for grip in desk.grips():
            grip.break_silence(silence_s)
            try:
                state = leases.renew(grip.lease)
            except LeaseLostError:
                grip.stop(Stop.LOST)
                continue
            if state is JobState.CANCELLING:
                grip.stop(Stop.CANCELLED)

    return Watch("leases", renew, lease_s / 3)


def cancel_watch(desk: Desk, inbox: CancelInbox) -> Watch:
    """Hears cancels the moment they are sent. While Redis is away the lease watch finds them."""

    def listen() -> None:
        for job_id in inbox.job_ids(_LISTEN_S):
            watch.well()
            if job_id:
                desk.cancel(job_id)
            if watch.ended:
                return

    watch = Watch("cancels", listen, _AGAIN_S)
    return watch


def sweep_watch(sweep: Sweep, *, interval_s: float) -> Watch:
    """Sends lost jobs again; in every worker, they do not disturb each other."""

    def look() -> None:
        result = sweep.once()
        if result.sent or result.ended:
            _log.info("sweep", sent=result.sent, ended=result.ended)

    return Watch("sweep", look, interval_s)


def readiness_watch(readiness: Readiness, *, interval_s: float) -> Watch:
    """Asks what the worker needs, for those who ask the worker."""
    return Watch("readiness", readiness.look, interval_s)
