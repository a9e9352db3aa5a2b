"""A job: one image to make."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from services.errors import InvalidArgumentError
from services.size import Size
from services.storage.naming import image

MAX_STEPS = 100
MAX_GUIDANCE = 30.0
MAX_SEED = 2**64 - 1
_MAX_FEATURES = 4096 * 1024

Features = npt.NDArray[np.float32]
"""The visual features that condition the picture: float32 [64, D]."""


class JobState(StrEnum):
    """Where a job stands; `transitions` says what may follow what."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    """Who waits for it: somebody at a screen, or nobody."""

    INTERACTIVE = "interactive"
    BATCH = "batch"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """What to make. Checks itself: InvalidArgumentError names the field and the limit.

    `preview_every` is in steps, 0 for no previews; `size` None is the model's own, and the worker's model knows
    whether it makes another; a job whose `deadline` (aware) has passed is not started.
    """

    tenant: str
    request_id: str
    features: Features = field(repr=False)
    seed: int
    steps: int
    guidance: float
    preview_every: int = 0
    size: Size | None = None
    deadline: datetime | None = None
    priority: Priority = Priority.INTERACTIVE
    trace: str | None = None

    def __post_init__(self) -> None:
        image(self.tenant, "0")
        _within("steps", self.steps, 1, MAX_STEPS)
        _within("guidance", self.guidance, 0, MAX_GUIDANCE)
        _within("seed", self.seed, 0, MAX_SEED)
        _within("preview_every", self.preview_every, 0, MAX_STEPS)
        if self.deadline is not None and self.deadline.tzinfo is None:
            raise InvalidArgumentError("deadline", "a time without a time zone")
        features = self.features
        if features.ndim != 2 or features.dtype != np.float32 or not 0 < features.size <= _MAX_FEATURES:
            raise InvalidArgumentError("features", f"{features.dtype} {features.shape} is not a float32 matrix")
        if not np.isfinite(features).all():
            raise InvalidArgumentError("features", "not every number is finite")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as its row says; times in UTC.

    `image` is the picture's object name once SUCCEEDED, `preview` the newest preview's, `error` a sentence once
    FAILED. `deliveries` counts the workers that began it, `strikes` those that did since the last checkpoint, which
    was kept after step `checkpoint` (0: none). It is picture `number` of operation `operation_id`, if of any.
    `trace` is the place in a trace of who submitted it (`Span.carried`).
    """

    id: str
    tenant: str
    request_id: str
    operation_id: str | None
    number: int
    caption: str
    state: JobState
    seed: int
    steps: int
    guidance: float
    preview_every: int
    size: Size | None
    step: int
    image: str | None
    preview: str | None
    error: str | None
    deliveries: int
    strikes: int
    checkpoint: int
    priority: Priority
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    deadline: datetime | None
    trace: str | None = None


def _within(name: str, value: float, low: float, high: float) -> None:
    # Written so that NaN is outside.
    if not low <= value <= high:
        raise InvalidArgumentError(name, f"{value} is not within {low:g} and {high:g}")
