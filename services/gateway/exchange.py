"""One message being answered: rewriting, answering, painting, remembering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway import seeds
from services.gateway.answer import Answer
from services.gateway.asking import answer_request, rewrite_order
from services.gateway.call import Call
from services.gateway.candidate import Rewritten
from services.gateway.chat_settings import ChatDefaults
from services.gateway.intent import Manner, Picture, Plan
from services.gateway.pictures import PictureOrder, Pictures, PictureSettings
from services.gateway.ports import Emit
from services.gateway.prompt import Prompt, Turn
from services.gateway.psr import Rewriting
from services.gateway.rooms import Rooms
from services.gateway.tasks import together
from services.gateway.templates import merged
from services.gateway.usage import UsageCount
from services.gateway.wish import ImageRef, Wish
from services.protos.wegen.v1 import chat_pb2


@dataclass(frozen=True, slots=True)
class ReadyMessage:
    """A message that has passed every check."""

    wish: Wish
    plan: Plan
    conversation_id: str
    history: tuple[Turn, ...]
    max_tokens: int


class Exchange:
    """One checked message being answered; `run` it once."""

    def __init__(self, rooms: Rooms, defaults: ChatDefaults, ready: ReadyMessage, call: Call, emit: Emit) -> None:
        self._rooms, self._defaults, self._ready, self._call, self._emit = rooms, defaults, ready, call, emit
        self._usage = UsageCount()
        self._answers: dict[int, str] = {}
        self._pictures = Pictures(
            PictureSettings(
                tenant=defaults.tenant,
                steps=ready.wish.steps,
                guidance=ready.wish.guidance,
                preview_every=ready.wish.preview_every,
                size=ready.wish.size,
                cleanup=defaults.cleanup_timeout,
            ),
            call,
            jobs=rooms.jobs,
            gallery=rooms.gallery,
            emit=emit,
            metrics=rooms.metrics,
        )

    async def run(self, prompt: Prompt) -> None:
        """Answer `prompt`, make the pictures, remember the exchange, and tell the caller all of it.

        Raises:
            WegenError: a dependency failed or refused. Whatever was started has been stopped by then.
        """
        if self._ready.plan.manner is Manner.REWRITE:
            await self._rewrite(prompt)
        else:
            await self._answer(prompt)
        await self._remember()
        await self._emit(self._usage.report(self._rooms.metrics))
        finished = chat_pb2.Finished(images=len(self._pictures.made))
        await self._emit(chat_pb2.ChatResponse(finished=finished))

    async def _rewrite(self, prompt: Prompt) -> None:
        async with together() as group:

            def accept(rewritten: Rewritten) -> None:
                self._answers[rewritten.slot] = rewritten.answer
                order = PictureOrder(rewritten.slot, rewritten.candidate, rewritten.features, rewritten.seed)
                group.create_task(self._pictures.make(order))

            rooms = self._rooms
            await Rewriting(
                rewrite_order(self._ready.wish, self._defaults, prompt, self._ready.max_tokens),
                self._call,
                generator=rooms.generator,
                tokenizer=rooms.tokenizer,
                emit=self._emit,
                accept=accept,
                metrics=rooms.metrics,
                usage=self._usage,
            ).run()

    async def _answer(self, prompt: Prompt) -> None:
        rooms, wish = self._rooms, self._ready.wish
        answer = Answer(
            self._call, generator=rooms.generator, tokenizer=rooms.tokenizer, emit=self._emit, metrics=rooms.metrics
        )
        request = answer_request(wish, self._ready.plan, self._defaults, prompt, self._ready.max_tokens)
        await answer.run(request, self._usage)
        self._answers = dict.fromkeys(range(wish.n), answer.text)
        if answer.features is None:
            return
        # One answer has one set of features; its n pictures differ by their noise.
        async with together() as group:
            for image in range(wish.n):
                order = PictureOrder(image, 0, answer.features, seeds.derived(wish.seed, image))
                group.create_task(self._pictures.make(order))

    async def _remember(self) -> None:
        """Keep the exchange with its first picture; one that was to end in a picture and did not is not kept."""
        made = self._pictures.made
        if not made and self._ready.plan.picture is Picture.FORCED:
            return
        image = min(made, default=0)
        picture: Sequence[str | ImageRef] = [ImageRef(made[image])] if made else []
        pieces = merged((*self._ready.plan.draft.pieces, self._answers.get(image, ""), *picture))
        await self._rooms.conversations.append(self._ready.conversation_id, Turn(pieces))
