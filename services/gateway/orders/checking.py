"""A `GenerateImagesRequest` checked, before anything is written."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.errors import FailedPreconditionError, InvalidArgumentError
from services.gateway import seeds, validation
from services.gateway.chat_settings import ChatDefaults
from services.gateway.intent import Manner, Plan, planned
from services.gateway.rooms import Rooms
from services.gateway.webhook.address import target
from services.gateway.webhook.sender import Sender
from services.gateway.wish import ImageRef, Instance, Wish
from services.jobs.job import Priority
from services.jobs.ledger import now
from services.jobs.order import OperationSpec
from services.protos.wegen.v1 import chat_pb2, job_pb2
from services.telemetry import messaging, spans

_KEY = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_TASKS = (chat_pb2.TASK_UNSPECIFIED, chat_pb2.TASK_GENERATE)
_PRIORITIES: dict[int, Priority] = {
    job_pb2.PRIORITY_UNSPECIFIED: Priority.INTERACTIVE,
    job_pb2.PRIORITY_INTERACTIVE: Priority.INTERACTIVE,
    job_pb2.PRIORITY_BATCH: Priority.BATCH,
}


@dataclass(frozen=True, slots=True)
class CheckedOrder:
    """A wish for pictures, and how it is answered."""

    wish: Wish
    plan: Plan
    max_tokens: int


class Checking:
    """Knows the limits; `within_s` is the time in which an operation must have ended. No `webhooks`: none are taken."""

    def __init__(
        self, rooms: Rooms, defaults: ChatDefaults, *, within_s: float, webhooks: Sender | None = None
    ) -> None:
        self._webhooks = webhooks
        self._rooms, self._defaults, self._within = rooms, defaults, timedelta(seconds=within_s)

    async def spec(self, request: job_pb2.GenerateImagesRequest) -> OperationSpec:
        """The operation that `request` asks for; a seed is drawn where there is none.

        InvalidArgumentError, NotFoundError for a reference, UnavailableError("store").
        """
        attributes = messaging.attributes("create", messaging.OPERATIONS)
        with spans.child(messaging.name("create", messaging.OPERATIONS), "producer", attributes) as span:
            return await self._spec(request, span.carried)

    async def _spec(self, request: job_pb2.GenerateImagesRequest, trace: str | None) -> OperationSpec:
        digest = _digest(request)
        kept = job_pb2.GenerateImagesRequest.FromString(request.SerializeToString())
        if not kept.settings.HasField("seed"):
            kept.settings.seed = seeds.draw()
        order = self.order(kept)
        await self._require_references(order.wish)
        return OperationSpec(
            tenant=self._defaults.tenant,
            key=_key(request.request_id),
            digest=digest,
            request=kept.SerializeToString(),
            count=order.wish.n,
            priority=_priority(request.priority),
            deadline=self._deadline(),
            webhook=self._webhook(request),
            trace=trace,
        )

    def order(self, request: job_pb2.GenerateImagesRequest) -> CheckedOrder:
        """Every check that needs no store. InvalidArgumentError."""
        if request.settings.task not in _TASKS:
            raise InvalidArgumentError("settings.task", "may be left out, or TASK_GENERATE")
        message = chat_pb2.ChatRequest(content=request.content, settings=request.settings)
        if request.HasField("size"):
            message.size.width, message.size.height = request.size.width, request.size.height
        message.settings.task = chat_pb2.TASK_GENERATE
        wish = validation.checked(message, self._defaults.limits, seeds.draw)
        plan = planned(wish, has_picture=False, rewrite_max_words=self._defaults.rewrite_max_words)
        max_tokens = 0 if plan.manner is Manner.PAINT else wish.max_tokens or self._defaults.answer_tokens
        self._rooms.prompts.fitting((), plan.draft, max_tokens + self._rooms.prompts.image_tokens + 1)
        return CheckedOrder(wish, plan, max_tokens)

    async def _require_references(self, wish: Wish) -> None:
        for index, piece in enumerate(wish.content):
            match piece:
                case ImageRef():
                    await self._rooms.gallery.require(piece.object, field=f"content[{index}].image.object")
                case Instance(image=ImageRef() as image):
                    await self._rooms.gallery.require(image.object, field=f"content[{index}].instance.image.object")

    def _webhook(self, request: job_pb2.GenerateImagesRequest) -> str | None:
        if not request.HasField("webhook"):
            return None
        if self._webhooks is None:
            raise FailedPreconditionError("webhooks are not set up here", reason="NO_WEBHOOKS")
        target(request.webhook.uri, plain=self._webhooks.plain)
        return request.webhook.uri

    def _deadline(self) -> datetime:
        return now() + self._within


def _digest(request: job_pb2.GenerateImagesRequest) -> str:
    same = job_pb2.GenerateImagesRequest.FromString(request.SerializeToString())
    same.request_id = ""
    return hashlib.sha256(same.SerializeToString(deterministic=True)).hexdigest()


def _key(text: str) -> str | None:
    if text and not _KEY.fullmatch(text):
        raise InvalidArgumentError("request_id", "is not 1 to 128 of A-Z a-z 0-9 . _ : -")
    return text or None


def _priority(value: int) -> Priority:
    if value not in _PRIORITIES:
        raise InvalidArgumentError("priority", f"{value} is not known")
    return _PRIORITIES[value]
