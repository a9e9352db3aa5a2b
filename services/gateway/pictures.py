"""The pictures of one chat: each is a job, submitted, followed to its end, and stopped if the caller goes."""

from __future__ import annotations

import time
from contextlib import aclosing
from dataclasses import dataclass

from services.gateway.call import Call
from services.gateway.cleanup import finish, whole
from services.gateway.gallery import Gallery
from services.gateway.ports import Emit, Jobs
from services.gateway.prompt import Features
from services.jobs.events import JobEvent
from services.jobs.job import Job, JobSpec, JobState
from services.protos.wegen.v1 import chat_pb2
from services.size import Size
from services.telemetry import spans
from services.telemetry.gateway_metrics import GatewayMetrics


@dataclass(frozen=True, slots=True)
class PictureOrder:
    """Picture `image` of the answer, from `features` [64, D] of `candidate`."""

    image: int
    candidate: int
    features: Features
    seed: int


@dataclass(frozen=True, slots=True)
class PictureSettings:
    """What all pictures of a chat have in common; `cleanup` in seconds."""

    tenant: str
    steps: int
    guidance: float
    preview_every: int
    size: Size
    cleanup: float


class Pictures:
    """Makes pictures concurrently; `made` holds the object names of those that are ready, by picture number."""

    def __init__(
        self,
        settings: PictureSettings,
        call: Call,
        *,
        jobs: Jobs,
        gallery: Gallery,
        emit: Emit,
        metrics: GatewayMetrics,
    ) -> None:
        self.made: dict[int, str] = {}
        self._settings, self._call = settings, call
        self._jobs, self._gallery, self._emit, self._metrics = jobs, gallery, emit, metrics
        # A picture begins in the midst of the rewriting of others, and is no part of it.
        self._span = spans.current()

    async def make(self, order: PictureOrder) -> None:
        """Make one picture and tell the caller how it goes; a job that fails is told, not raised.

        Raises:
            UnavailableError: the queue, the database or the store does not answer.
        """
        attributes = {"wegen.picture": order.image, "wegen.candidate": order.candidate}
        with spans.within(self._span), spans.child("picture", attributes=attributes):
            await self._make(order)

    async def _make(self, order: PictureOrder) -> None:
        job = await whole(self._jobs.submit(self._spec(order)), self._stop, self._settings.cleanup)
        spans.current().set("wegen.job.id", job.id)
        ended = False
        try:
            queued = chat_pb2.ImageQueued(image=order.image, candidate=order.candidate, job_id=job.id)
            await self._emit(chat_pb2.ChatResponse(image_queued=queued))
            ended = await self._follow(order, job)
        finally:
            if not ended:
                self._metrics.images.labels(outcome="abandoned").inc()
                await finish(lambda: self._stop(job), self._settings.cleanup, "cancelling a job")

    def _spec(self, order: PictureOrder) -> JobSpec:
        settings = self._settings
        return JobSpec(
            tenant=settings.tenant,
            request_id=self._call.request_id,
            features=order.features,
            seed=order.seed,
            steps=settings.steps,
            guidance=settings.guidance,
            preview_every=settings.preview_every,
            size=settings.size,
            deadline=self._call.deadline(),
        )

    async def _stop(self, job: Job) -> None:
        await self._jobs.cancel(job.id)

    async def _follow(self, order: PictureOrder, job: Job) -> bool:
        """Whether the job came to an end while we watched."""
        began = time.monotonic()
        waiting = True
        async with aclosing(self._jobs.watch(job.id, job)) as events:
            async for event in events:
                if waiting and event.step:
                    waiting = False
                    self._metrics.queue_wait.observe(time.monotonic() - began)
                await self._tell(order, event)
                if event.kind == "state" and event.last:
                    spans.current().set("wegen.job.outcome", event.state.value)
                    self._metrics.images.labels(outcome=event.state.value).inc()
                    self._metrics.image_duration.observe(time.monotonic() - began)
                    return True
        return False

    async def _tell(self, order: PictureOrder, event: JobEvent) -> None:
        match event.kind:
            case "step" if event.step:
                step = chat_pb2.ImageProgress(image=order.image, step=event.step, steps=event.steps)
                await self._emit(chat_pb2.ChatResponse(image_progress=step))
            case "preview" if event.image:
                url = await self._gallery.url(event.image)
                preview = chat_pb2.ImagePreview(image=order.image, step=event.step, object=event.image, url=url)
                await self._emit(chat_pb2.ChatResponse(image_preview=preview))
            case "state" if event.last:
                await self._end(order, event)

    async def _end(self, order: PictureOrder, event: JobEvent) -> None:
        if event.state is JobState.SUCCEEDED and event.image:
            await self._done(order, event.image)
            return
        reason = event.error or f"the job was {event.state.value}"
        await self._emit(chat_pb2.ChatResponse(image_failed=chat_pb2.ImageFailed(image=order.image, reason=reason)))

    async def _done(self, order: PictureOrder, name: str) -> None:
        self.made[order.image] = name
        size = self._settings.size
        done = chat_pb2.ImageDone(
            image=order.image,
            object=name,
            url=await self._gallery.url(name),
            seed=order.seed,
            width=size.width,
            height=size.height,
        )
        await self._emit(chat_pb2.ChatResponse(image_done=done))
