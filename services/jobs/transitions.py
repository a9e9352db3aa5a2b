"""Which state of a job may follow which: the one place that knows.

    QUEUED ──────> RUNNING ──────> SUCCEEDED
      │ │   <──────  │ │ └───────> FAILED
      │ └─> FAILED   │ (its worker was lost)
      └───> CANCELLED <── CANCELLING <── RUNNING

A cancel wins over an end that comes after it: CANCELLING leads to CANCELLED only.
"""

from __future__ import annotations

from services.jobs.job import JobState

_NEXT: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.FAILED, JobState.CANCELLED}),
    JobState.RUNNING: frozenset({JobState.QUEUED, JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLING}),
    JobState.CANCELLING: frozenset({JobState.CANCELLED}),
    JobState.SUCCEEDED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}

TERMINAL = frozenset(state for state, following in _NEXT.items() if not following)
OPEN = frozenset(JobState) - TERMINAL


class TransitionError(ValueError):
    """The program asked for a change that no job may make."""


def allowed(source: JobState, target: JobState) -> bool:
    """Whether a job in `source` may become `target`."""
    return target in _NEXT[source]


def require(source: JobState, target: JobState) -> None:
    """Raise `TransitionError` unless `allowed`."""
    if not allowed(source, target):
        raise TransitionError(f"a job that is {source} cannot become {target}")
