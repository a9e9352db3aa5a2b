"""Jobs: a row that is the truth, a queue that wakes workers, a stream that tells watchers."""

from services.jobs.events import JobEvent
from services.jobs.job import Job, JobSpec, JobState
from services.jobs.service import JobService
from services.jobs.settings import JobSettings

__all__ = ["Job", "JobEvent", "JobService", "JobSettings", "JobSpec", "JobState"]
