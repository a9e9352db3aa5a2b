"""Jobs whose last worker was lost: one at a time, so that a job that kills its worker takes no other with it thrice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from services.jobs.leases import Lease, Leases, Refusal


class Suspects:
    """Of many suspects in one process only one is under way; jobs without suspicion run beside it."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._one = threading.Lock()

    @contextmanager
    def claimed(self, job_id: str) -> Iterator[Lease | Refusal]:
        """The job's lease, after waiting for another suspect where it is one; see `Leases.claim`."""
        claimed = self._leases.claim(job_id)
        if isinstance(claimed, Lease) or not claimed.suspect:
            yield claimed
            return
        # Before the claim: who waits here has not begun, and cannot be harmed by the one that runs.
        with self._one:
            yield self._leases.claim(job_id, suspect=True)
