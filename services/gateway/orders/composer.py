"""From an order to its pictures' features: rewriting or answering, as in a chat, with nobody listening."""

from __future__ import annotations

from services.gateway import seeds
from services.gateway.answer import Answer
from services.gateway.asking import answer_request, rewrite_order
from services.gateway.call import Call
from services.gateway.candidate import Rewritten
from services.gateway.chat_settings import ChatDefaults
from services.gateway.intent import Manner
from services.gateway.orders.checking import CheckedOrder, Checking
from services.gateway.prompt import Features, Prompt
from services.gateway.psr import Rewriting
from services.gateway.rooms import Rooms
from services.gateway.usage import UsageCount
from services.gateway.wish import ImageRef
from services.jobs.order import Operation, Picture
from services.protos.wegen.v1 import chat_pb2, job_pb2

_NO_REWRITE = "no rewrite was complete within max_tokens"
_NO_PICTURE = "the model answered without a picture"


class Composer:
    """Composes one operation at a time or many; the same order and seed give the same pictures."""

    def __init__(self, rooms: Rooms, defaults: ChatDefaults, checking: Checking, *, timeout_s: float) -> None:
        self._rooms, self._defaults, self._checking, self._timeout_s = rooms, defaults, checking, timeout_s

    async def compose(self, operation: Operation) -> list[Picture]:
        """The operation's pictures, those without features included. WegenError: what was wrong or away."""
        order = self._checking.order(job_pb2.GenerateImagesRequest.FromString(operation.request))
        call = Call(operation.id, self._timeout_s, heard=False)
        names = [piece.object for piece in order.plan.draft.pieces if isinstance(piece, ImageRef)]
        features = await self._rooms.library.of(names, call)
        prompt = self._rooms.prompts.build((), order.plan.draft, features)
        if order.plan.manner is Manner.REWRITE:
            return await self._rewritten(order, prompt, call)
        return await self._answered(order, prompt, call)

    async def _rewritten(self, order: CheckedOrder, prompt: Prompt, call: Call) -> list[Picture]:
        accepted: dict[int, Rewritten] = {}

        def accept(rewritten: Rewritten) -> None:
            accepted[rewritten.slot] = rewritten

        rooms = self._rooms
        await Rewriting(
            rewrite_order(order.wish, self._defaults, prompt, order.max_tokens),
            call,
            generator=rooms.generator,
            tokenizer=rooms.tokenizer,
            emit=_nobody,
            accept=accept,
            metrics=rooms.metrics,
            usage=UsageCount(),
        ).run()
        return [self._picture(order, number, accepted.get(number)) for number in range(order.wish.n)]

    async def _answered(self, order: CheckedOrder, prompt: Prompt, call: Call) -> list[Picture]:
        rooms, wish = self._rooms, order.wish
        answer = Answer(call, generator=rooms.generator, tokenizer=rooms.tokenizer, emit=_nobody, metrics=rooms.metrics)
        request = answer_request(wish, order.plan, self._defaults, prompt, order.max_tokens)
        await answer.run(request, UsageCount())
        return [
            _picture(order, number, seeds.derived(wish.seed, number), answer.features, error=_NO_PICTURE)
            for number in range(wish.n)
        ]

    @staticmethod
    def _picture(order: CheckedOrder, number: int, rewritten: Rewritten | None) -> Picture:
        if rewritten is None:
            return _picture(order, number, seeds.derived(order.wish.seed, number), None, error=_NO_REWRITE)
        return _picture(order, number, rewritten.seed, rewritten.features, caption=rewritten.answer.strip())


def _picture(
    order: CheckedOrder, number: int, seed: int, features: Features | None, *, caption: str = "", error: str = ""
) -> Picture:
    wish = order.wish
    return Picture(
        number=number,
        seed=seed,
        steps=wish.steps,
        guidance=wish.guidance,
        preview_every=wish.preview_every,
        size=wish.size,
        caption=caption,
        features=features,
        error=error if features is None else None,
    )


async def _nobody(_event: chat_pb2.ChatResponse) -> None:
    """Nobody listens."""
