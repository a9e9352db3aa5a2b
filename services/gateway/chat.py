"""The chat flow: every check of a message, then its exchange."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from services.gateway import seeds, validation
from services.gateway.call import Call
from services.gateway.chat_settings import ChatDefaults
from services.gateway.exchange import Exchange, ReadyMessage
from services.gateway.intent import Manner, Picture, Plan, planned
from services.gateway.ports import Emit
from services.gateway.prompt import Prompt, Turn
from services.gateway.rooms import Rooms
from services.gateway.wish import ImageRef, Instance
from services.protos.wegen.v1 import chat_pb2


class ChatFlow:
    """Answers messages; holds no state of any of them."""

    def __init__(self, rooms: Rooms, defaults: ChatDefaults) -> None:
        self._rooms, self._defaults = rooms, defaults

    async def run(self, request: chat_pb2.ChatRequest, call: Call, emit: Emit) -> None:
        """Answer `request` through `emit`; every check comes before anything is started or written.

        Raises:
            WegenError: what was wrong, or which dependency is down.
        """
        ready = await self._checked(request)
        prompt = await self._prompt(ready, call)
        ready = await self._with_conversation(ready)
        started = chat_pb2.Started(
            conversation_id=ready.conversation_id, request_id=call.request_id, seed=ready.wish.seed
        )
        await emit(chat_pb2.ChatResponse(started=started))
        await Exchange(self._rooms, self._defaults, ready, call, emit).run(prompt)
        self._rooms.metrics.chat_duration.observe(call.elapsed())

    async def _checked(self, request: chat_pb2.ChatRequest) -> ReadyMessage:
        rooms, defaults = self._rooms, self._defaults
        wish = validation.checked(request, defaults.limits, seeds.draw)
        history = await rooms.conversations.turns(wish.conversation_id) if wish.conversation_id else ()
        plan = planned(wish, has_picture=_has_picture(history), rewrite_max_words=defaults.rewrite_max_words)
        max_tokens = 0 if plan.manner is Manner.PAINT else wish.max_tokens or defaults.answer_tokens
        fitting = rooms.prompts.fitting(history, plan.draft, self._reserve(plan, max_tokens))
        needed = ("triton", "store") if plan.picture is Picture.NEVER else ("triton", "redis", "database", "store")
        await rooms.dependencies.require(*needed)
        for index, piece in enumerate(wish.content):
            match piece:
                case ImageRef():
                    await rooms.gallery.require(piece.object, field=f"content[{index}].image.object")
                case Instance(image=ImageRef() as image):
                    await rooms.gallery.require(image.object, field=f"content[{index}].instance.image.object")
        structlog.get_logger(__name__).info(
            "chat planned",
            manner=plan.manner.name.lower(),
            picture=plan.picture.name.lower(),
            n=wish.n,
            references=len(wish.references),
            turns=len(fitting),
            turns_dropped=len(history) - len(fitting),
        )
        return ReadyMessage(wish, plan, wish.conversation_id, fitting, max_tokens)

    def _reserve(self, plan: Plan, max_tokens: int) -> int:
        """Tokens kept free for the answer: its words, its picture and the end of the turn."""
        picture = 0 if plan.picture is Picture.NEVER else self._rooms.prompts.image_tokens
        return max_tokens + picture + 1

    async def _prompt(self, ready: ReadyMessage, call: Call) -> Prompt:
        pieces = [piece for turn in ready.history for piece in turn.pieces] + list(ready.plan.draft.pieces)
        names = [piece.object for piece in pieces if isinstance(piece, ImageRef)]
        features = await self._rooms.library.of(names, call)
        return self._rooms.prompts.build(ready.history, ready.plan.draft, features)

    async def _with_conversation(self, ready: ReadyMessage) -> ReadyMessage:
        if ready.conversation_id:
            return ready
        conversation_id = await self._rooms.conversations.begin()
        return ReadyMessage(ready.wish, ready.plan, conversation_id, ready.history, ready.max_tokens)


def _has_picture(history: Sequence[Turn]) -> bool:
    return any(isinstance(piece, ImageRef) for turn in history for piece in turn.pieces)
