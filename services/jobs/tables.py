"""The rows that are the truth about jobs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import numpy as np
from sqlalchemy import Enum, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.jobs.columns import SizeText, Unsigned64, UtcTime
from services.jobs.job import Features, Job, JobState, Priority
from services.jobs.order import Operation
from services.size import Size

# A traceparent, a space, and as much of a tracestate as W3C wants passed on.
TRACE_LENGTH = 568


def _values(kind: type[StrEnum]) -> Enum:
    # By value and without a CHECK: a new one needs no change of the table.
    return Enum(kind, native_enum=False, length=16, values_callable=lambda members: [one.value for one in members])


class Base(DeclarativeBase):
    """All tables of the jobs room."""


class JobRow(Base):
    """A job. `fence` grows with every lease: a worker writes only while it is the one it was given."""

    __tablename__ = "jobs"
    __table_args__ = (Index("jobs_by_state", "state", "sent_at"), Index("jobs_by_operation", "operation_id"))

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(String(128))
    # Of a job that a chat has submitted there is none.
    operation_id: Mapped[str | None] = mapped_column(String(64))
    number: Mapped[int] = mapped_column(server_default="0")
    caption: Mapped[str] = mapped_column(Text, server_default="")
    state: Mapped[JobState] = mapped_column(_values(JobState))
    priority: Mapped[Priority] = mapped_column(_values(Priority), server_default="interactive")
    seed: Mapped[int] = mapped_column(Unsigned64)
    steps: Mapped[int]
    guidance: Mapped[float]
    preview_every: Mapped[int]
    size: Mapped[Size | None] = mapped_column(SizeText)
    step: Mapped[int] = mapped_column(default=0)
    image: Mapped[str | None] = mapped_column(String(512))
    preview: Mapped[str | None] = mapped_column(String(512))
    error: Mapped[str | None] = mapped_column(Text)

    fence: Mapped[int] = mapped_column(default=0)
    deliveries: Mapped[int] = mapped_column(default=0)
    strikes: Mapped[int] = mapped_column(server_default="0")
    checkpoint: Mapped[int] = mapped_column(server_default="0")
    lease_until: Mapped[datetime | None] = mapped_column(UtcTime)

    created_at: Mapped[datetime] = mapped_column(UtcTime)
    sent_at: Mapped[datetime] = mapped_column(UtcTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
    deadline: Mapped[datetime | None] = mapped_column(UtcTime)
    # Here and not in the message, which may be lost, repeated, or the sweep's.
    trace: Mapped[str | None] = mapped_column(String(TRACE_LENGTH))

    def job(self) -> Job:
        """The row as the rest of the program sees it."""
        return Job(**{name: getattr(self, name) for name in Job.__slots__})


class OperationRow(Base):
    """An operation. Its fence and lease are about the making of its features; its jobs have their own."""

    __tablename__ = "operations"
    __table_args__ = (
        UniqueConstraint("tenant", "key", name="operations_by_key"),
        Index("operations_by_state", "state", "created_at"),
        Index("operations_by_time", "tenant", "created_at", "id"),
        Index("operations_by_webhook", "webhook_due_at"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    key: Mapped[str | None] = mapped_column(String(128))
    digest: Mapped[str] = mapped_column(String(64))
    request: Mapped[bytes] = mapped_column(LargeBinary)
    count: Mapped[int]
    priority: Mapped[Priority] = mapped_column(_values(Priority), server_default="interactive")
    state: Mapped[JobState] = mapped_column(_values(JobState))
    error: Mapped[str | None] = mapped_column(Text)
    fence: Mapped[int] = mapped_column(default=0)
    deliveries: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)
    composed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
    deadline: Mapped[datetime | None] = mapped_column(UtcTime)
    webhook: Mapped[str | None] = mapped_column(String(2048))
    webhook_due_at: Mapped[datetime | None] = mapped_column(UtcTime)
    webhook_tries: Mapped[int] = mapped_column(server_default="0")
    trace: Mapped[str | None] = mapped_column(String(TRACE_LENGTH))

    def operation(self) -> Operation:
        """The row as the rest of the program sees it."""
        return Operation(**{name: getattr(self, name) for name in Operation.__slots__})


class InputRow(Base):
    """A job's features: float32 in C order, [`count`, `width`]. Apart from the job, whose row is read often."""

    __tablename__ = "job_inputs"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    count: Mapped[int]
    width: Mapped[int]
    features: Mapped[bytes] = mapped_column(LargeBinary)

    @classmethod
    def of(cls, job_id: str, features: Features) -> InputRow:
        """The row that keeps `features`."""
        count, width = features.shape
        little = np.ascontiguousarray(features, dtype="<f4")
        return cls(job_id=job_id, count=count, width=width, features=little.tobytes())

    def array(self) -> Features:
        """The features again, float32 [count, width]."""
        return np.frombuffer(self.features, dtype="<f4").astype(np.float32).reshape(self.count, self.width)
