"""Jobs that paint one colour."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.errors import WegenError
from services.jobs.events import JobEvent, Kind
from services.jobs.job import Job, JobSpec, JobState
from services.storage import naming
from services.storage.store import ObjectStore
from tests.fakes.pictures import png


@dataclass
class FakeJobs:
    """Every job makes its steps and puts a picture into `store`. `hold` keeps jobs after their first step."""

    store: ObjectStore
    hold: asyncio.Event | None = None
    submit_error: WegenError | None = None
    failure: str | None = None
    submitting: asyncio.Event | None = None
    specs: list[JobSpec] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    cancelled: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    async def submit(self, spec: JobSpec) -> Job:
        if self.submit_error:
            raise self.submit_error
        self.specs.append(spec)
        job = _job(f"job{len(self.specs)}", spec)
        if self.submitting:
            await self.submitting.wait()
        self.jobs[job.id] = job
        return job

    async def watch(self, job_id: str, known: Job | None = None) -> AsyncGenerator[JobEvent, None]:
        job = self.jobs[job_id]
        yield _event(job, "state", JobState.QUEUED)
        for step in range(1, job.steps + 1):
            await asyncio.sleep(0)
            yield _event(job, "step", JobState.RUNNING, step=step)
            if self.hold:
                await self.hold.wait()
            if job.preview_every and step % job.preview_every == 0 and step < job.steps:
                name = naming.preview(job.tenant, job.id, step)
                self.store.put(name, png(), "image/png")
                yield _event(job, "preview", JobState.RUNNING, step=step, image=name)
        self.ended.append(job_id)
        if self.failure:
            yield _event(job, "state", JobState.FAILED, error=self.failure)
            return
        name = naming.image(job.tenant, job.id)
        self.store.put(name, png(), "image/png")
        yield _event(job, "state", JobState.SUCCEEDED, step=job.steps, image=name)

    async def cancel(self, job_id: str) -> None:
        self.cancelled.append(job_id)


def _job(job_id: str, spec: JobSpec) -> Job:
    return Job(
        id=job_id,
        tenant=spec.tenant,
        request_id=spec.request_id,
        operation_id=None,
        number=0,
        caption="",
        state=JobState.QUEUED,
        seed=spec.seed,
        steps=spec.steps,
        guidance=spec.guidance,
        preview_every=spec.preview_every,
        size=spec.size,
        step=0,
        image=None,
        preview=None,
        error=None,
        deliveries=0,
        strikes=0,
        checkpoint=0,
        priority=spec.priority,
        created_at=datetime.now(UTC),
        started_at=None,
        finished_at=None,
        deadline=spec.deadline,
    )


def _event(
    job: Job, kind: Kind, state: JobState, *, step: int = 0, image: str | None = None, error: str | None = None
) -> JobEvent:
    return JobEvent(
        job_id=job.id,
        kind=kind,
        state=state,
        step=step,
        steps=job.steps,
        image=image,
        error=error,
        at=datetime.now(UTC),
    )
