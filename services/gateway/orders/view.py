"""Operations as callers see them: google.longrunning, with our metadata and response inside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from google.longrunning import operations_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import code_pb2, error_details_pb2, status_pb2

from services.errors import DOMAIN
from services.gateway.gallery import Gallery
from services.gateway.orders.naming import operation_name
from services.jobs.events import JobEvent
from services.jobs.job import Job, JobState, Priority
from services.jobs.order import Operation, Snapshot
from services.jobs.transitions import TERMINAL
from services.protos.wegen.v1 import job_pb2

STATES = {
    JobState.QUEUED: job_pb2.JOB_STATE_QUEUED,
    JobState.RUNNING: job_pb2.JOB_STATE_RUNNING,
    JobState.SUCCEEDED: job_pb2.JOB_STATE_SUCCEEDED,
    JobState.FAILED: job_pb2.JOB_STATE_FAILED,
    JobState.CANCELLING: job_pb2.JOB_STATE_CANCELLING,
    JobState.CANCELLED: job_pb2.JOB_STATE_CANCELLED,
}
_PRIORITIES = {Priority.INTERACTIVE: job_pb2.PRIORITY_INTERACTIVE, Priority.BATCH: job_pb2.PRIORITY_BATCH}


class View:
    """Presigns the pictures it shows by `gallery`."""

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery

    async def operation(self, snapshot: Snapshot) -> operations_pb2.Operation:
        """The whole operation: its metadata, and once it has ended a response or an error."""
        operation = snapshot.operation
        shown = operations_pb2.Operation(name=operation_name(operation.id), done=operation.state in TERMINAL)
        shown.metadata.Pack(await self._metadata(snapshot))
        match operation.state:
            case JobState.SUCCEEDED:
                shown.response.Pack(await self._response(snapshot))
            case JobState.FAILED | JobState.CANCELLED:
                shown.error.CopyFrom(_error(operation))
        return shown

    async def image(self, event: JobEvent) -> job_pb2.ImageStatus:
        """A picture's event. Its steps and its preview belong together only if the event is about them."""
        preview = event.image if event.kind == "preview" and event.image else ""
        return job_pb2.ImageStatus(
            index=event.number,
            state=STATES[event.state],
            step=event.step,
            steps=event.steps,
            preview=preview,
            preview_url=await self._gallery.url(preview) if preview else "",
            error=event.error or "",
            attempt=event.attempt,
        )

    async def _metadata(self, snapshot: Snapshot) -> job_pb2.GenerateImagesMetadata:
        operation = snapshot.operation
        return job_pb2.GenerateImagesMetadata(
            state=STATES[operation.state],
            images=[await self._status(job, position) for job, position in _queued(snapshot)],
            image_count=operation.count,
            queue_position=snapshot.ahead,
            priority=_PRIORITIES[operation.priority],
            create_time=_time(operation.created_at),
            start_time=_time(operation.started_at),
            end_time=_time(operation.finished_at),
        )

    async def _status(self, job: Job, position: int | None) -> job_pb2.ImageStatus:
        # What failed or was cancelled has no objects any more.
        preview = job.preview if job.preview and job.state not in (JobState.FAILED, JobState.CANCELLED) else ""
        return job_pb2.ImageStatus(
            index=job.number,
            state=STATES[job.state],
            step=job.step,
            steps=job.steps,
            preview=preview,
            preview_url=await self._gallery.url(preview) if preview else "",
            error=job.error or "",
            attempt=job.deliveries,
            queue_position=position,
        )

    async def _response(self, snapshot: Snapshot) -> job_pb2.GenerateImagesResponse:
        made = [job for job in snapshot.jobs if job.image]
        return job_pb2.GenerateImagesResponse(
            images=[
                job_pb2.GeneratedImage(
                    index=job.number,
                    object=job.image or "",
                    url=await self._gallery.url(job.image or ""),
                    seed=job.seed,
                    caption=job.caption,
                    size=_size(job),
                )
                for job in made
            ]
        )


def _queued(snapshot: Snapshot) -> Iterator[tuple[Job, int | None]]:
    """Each job with its place in the queue while it waits; those of one operation wait one behind the other."""
    place = snapshot.before
    for job in snapshot.jobs:
        if job.state is JobState.QUEUED and place is not None:
            yield job, place
            place += 1
        else:
            yield job, None


def _size(job: Job) -> job_pb2.ImageSize | None:
    # A job of an older release has none: the model had one size only.
    return job_pb2.ImageSize(width=job.size.width, height=job.size.height) if job.size else None


def _error(operation: Operation) -> status_pb2.Status:
    cancelled = operation.state is JobState.CANCELLED
    status = status_pb2.Status(
        code=code_pb2.CANCELLED if cancelled else code_pb2.ABORTED,
        message="the operation was cancelled" if cancelled else operation.error or "no picture was made",
    )
    status.details.add().Pack(
        error_details_pb2.ErrorInfo(reason="CANCELLED" if cancelled else "NO_PICTURE", domain=DOMAIN)
    )
    return status


def _time(at: datetime | None) -> Timestamp | None:
    if at is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp
