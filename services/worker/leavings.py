"""What a job that has ended leaves in the store and nobody wants."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import structlog

from services.errors import WegenError
from services.jobs.job import Job, JobState
from services.storage import ObjectStore
from services.storage.naming import checkpoints_of, image, previews_of

_log = structlog.get_logger(__name__)


class Leavings:
    """Removes beside the jobs. What a worker that dies leaves behind is the audit's and the lifecycle rules'."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="leavings")

    def clear(self, job: Job, *, checkpoints: bool) -> None:
        """Remove an ended job's checkpoints where it has some, and all else of one that made no picture; at once."""
        failed = job.state in (JobState.FAILED, JobState.CANCELLED)
        if checkpoints or (failed and job.started_at is not None):
            self._threads.submit(self._remove, job, pictures=failed)

    def close(self) -> None:
        """Wait for what is being removed."""
        self._threads.shutdown()

    def _remove(self, job: Job, *, pictures: bool) -> None:
        prefixes = [checkpoints_of(job.tenant, job.id)] + ([previews_of(job.tenant, job.id)] if pictures else [])
        try:
            for prefix in prefixes:
                for found in list(self._store.list(prefix)):
                    self._store.delete(found.name)
            if pictures:
                self._store.delete(image(job.tenant, job.id))
        except WegenError as error:
            _log.warning("an ended job's objects were not removed", job_id=job.id, cause=error.message)
