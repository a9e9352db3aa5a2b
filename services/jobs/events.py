"""What watchers of a job hear."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from services.jobs.job import Job, JobState
from services.jobs.transitions import TERMINAL

Kind = Literal["state", "step", "preview"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent:
    """A change of state, a step done, or a preview stored.

    `image` is an object name: the preview's in a "preview", the picture's once SUCCEEDED. `attempt` counts the
    workers that began the job; with a new one the steps go on from a checkpoint. `number` is the picture's in its
    operation.
    """

    job_id: str
    kind: Kind
    state: JobState
    step: int
    steps: int
    image: str | None = None
    error: str | None = None
    attempt: int = 0
    at: datetime
    operation_id: str | None = None
    number: int = 0

    @property
    def stream(self) -> str:
        """Whose stream it is told in: those who follow an operation hear all its jobs."""
        return self.operation_id or self.job_id

    @property
    def last(self) -> bool:
        """Whether nothing follows."""
        return self.state in TERMINAL

    def encode(self) -> bytes:
        """As JSON."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(fields | {"at": self.at.isoformat()}, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The event that `encode` wrote."""
        fields = json.loads(data)
        return cls(**fields | {"at": datetime.fromisoformat(fields["at"]), "state": JobState(fields["state"])})

    @classmethod
    def of(cls, job: Job, kind: Kind, at: datetime) -> Self:
        """The event that tells what the row says now."""
        return cls(
            job_id=job.id,
            kind=kind,
            state=job.state,
            step=job.step,
            steps=job.steps,
            image=job.preview if kind == "preview" else job.image,
            error=job.error,
            attempt=job.deliveries,
            at=at,
            operation_id=job.operation_id,
            number=job.number,
        )
