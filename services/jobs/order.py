"""An operation: an order that was accepted and will end, whoever dies meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from services.errors import WegenError
from services.jobs.job import Features, Job, JobState, Priority
from services.size import Size


class ConflictError(WegenError):
    """The idempotency key was used for another order."""

    code = "ALREADY_EXISTS"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSpec:
    """What was ordered. `request` is opaque here; equal orders have equal `digest`s, and `key` makes them one."""

    tenant: str
    key: str | None
    digest: str
    request: bytes = field(repr=False)
    count: int
    priority: Priority = Priority.INTERACTIVE
    deadline: datetime | None = None
    webhook: str | None = None
    trace: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation as its row says; times in UTC. Its pictures are jobs from `composed_at` on; `trace` is a job's."""

    id: str
    tenant: str
    key: str | None
    digest: str
    request: bytes = field(repr=False)
    count: int
    priority: Priority
    state: JobState
    error: str | None
    deliveries: int
    created_at: datetime
    started_at: datetime | None
    composed_at: datetime | None
    finished_at: datetime | None
    deadline: datetime | None
    webhook: str | None
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of an operation, before it is a job: features [64, D], or `error` where there are none."""

    number: int
    seed: int
    steps: int
    guidance: float
    preview_every: int
    size: Size | None = None
    caption: str = ""
    features: Features | None = field(default=None, repr=False)
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An operation and its jobs at one moment.

    `ahead` counts the operations that wait before it, `before` the jobs that wait before its first waiting one; None:
    it does not wait so, or it was not asked for.
    """

    operation: Operation
    jobs: tuple[Job, ...] = ()
    ahead: int | None = None
    before: int | None = None
