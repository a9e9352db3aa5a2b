"""The chat flow: one message from its check to its last picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from services.gateway import seeds, validation
from services.gateway.answer import Answer
from services.gateway.call import Call
from services.gateway.candidate import Rewritten
from services.gateway.chat_settings import ChatDefaults
from services.gateway.conversation import Conversations
from services.gateway.features import FeatureLibrary
from services.gateway.gallery import Gallery
from services.gateway.health import Dependencies
from services.gateway.intent import Manner, Picture, Plan, planned
from services.gateway.pictures import PictureOrder, Pictures, PictureSettings
from services.gateway.ports import Emit, Generator, Jobs
from services.gateway.prompt import Prompt, PromptBuilder, Turn
from services.gateway.psr import RewriteOrder, Rewriting
from services.gateway.tasks import together
from services.gateway.templates import merged
from services.gateway.tokenizer import Tokenizer
from services.gateway.usage import UsageCount
from services.gateway.wish import ImageRef, Wish
from services.inference.generator import GenerationRequest, ImageMode, Sampling
from services.protos.wegen.v1 import chat_pb2
from services.telemetry.gateway_metrics import GatewayMetrics

_IMAGE_MODES = {Picture.NEVER: ImageMode.NEVER, Picture.ALLOWED: ImageMode.ALLOW, Picture.FORCED: ImageMode.FORCE}


@dataclass(frozen=True, slots=True)
class Rooms:
    """Everything a chat talks to."""

    generator: Generator
    library: FeatureLibrary
    jobs: Jobs
    gallery: Gallery
    conversations: Conversations
    dependencies: Dependencies
    tokenizer: Tokenizer
    prompts: PromptBuilder
    metrics: GatewayMetrics


@dataclass(frozen=True, slots=True)
class _Ready:
    """A message that has passed every check."""

    wish: Wish
    plan: Plan
    conversation_id: str
    history: tuple[Turn, ...]
    max_tokens: int


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
        await _Exchange(self._rooms, self._defaults, ready, call, emit).run(prompt)
        self._rooms.metrics.chat_duration.observe(call.elapsed())

    async def _checked(self, request: chat_pb2.ChatRequest) -> _Ready:
        rooms, defaults = self._rooms, self._defaults
        wish = validation.checked(request, defaults.limits, seeds.draw)
        history = await rooms.conversations.turns(wish.conversation_id) if wish.conversation_id else ()
        plan = planned(wish, has_picture=_has_picture(history), rewrite_max_words=defaults.rewrite_max_words)
        max_tokens = 0 if plan.manner is Manner.PAINT else wish.max_tokens or defaults.answer_tokens
        fitting = rooms.prompts.fitting(history, plan.draft, self._reserve(plan, max_tokens))
        needed = ("triton", "store") if plan.picture is Picture.NEVER else ("triton", "redis", "store")
        await rooms.dependencies.require(*needed)
        for index, piece in enumerate(wish.content):
            if isinstance(piece, ImageRef):
                await rooms.gallery.require(piece.object, field=f"content[{index}].image.object")
        structlog.get_logger(__name__).info(
            "chat planned",
            manner=plan.manner.name.lower(),
            picture=plan.picture.name.lower(),
            n=wish.n,
            references=len(wish.references),
            turns=len(fitting),
            turns_dropped=len(history) - len(fitting),
        )
        return _Ready(wish, plan, wish.conversation_id, fitting, max_tokens)

    def _reserve(self, plan: Plan, max_tokens: int) -> int:
        """Tokens kept free for the answer: its words, its picture and the end of the turn."""
        picture = 0 if plan.picture is Picture.NEVER else self._rooms.prompts.image_tokens
        return max_tokens + picture + 1

    async def _prompt(self, ready: _Ready, call: Call) -> Prompt:
        pieces = [piece for turn in ready.history for piece in turn.pieces] + list(ready.plan.draft.pieces)
        names = [piece.object for piece in pieces if isinstance(piece, ImageRef)]
        features = await self._rooms.library.of(names, call)
        return self._rooms.prompts.build(ready.history, ready.plan.draft, features)

    async def _with_conversation(self, ready: _Ready) -> _Ready:
        if ready.conversation_id:
            return ready
        conversation_id = await self._rooms.conversations.begin()
        return _Ready(ready.wish, ready.plan, conversation_id, ready.history, ready.max_tokens)


class _Exchange:
    """One checked message being answered."""

    def __init__(self, rooms: Rooms, defaults: ChatDefaults, ready: _Ready, call: Call, emit: Emit) -> None:
        self._rooms, self._defaults, self._ready, self._call, self._emit = rooms, defaults, ready, call, emit
        self._usage = UsageCount()
        self._answers: dict[int, str] = {}
        self._pictures = Pictures(
            PictureSettings(
                tenant=defaults.tenant,
                steps=ready.wish.steps,
                guidance=ready.wish.guidance,
                preview_every=ready.wish.preview_every,
                size=defaults.image_size,
                cleanup=defaults.cleanup_timeout,
            ),
            call,
            jobs=rooms.jobs,
            gallery=rooms.gallery,
            emit=emit,
            metrics=rooms.metrics,
        )

    async def run(self, prompt: Prompt) -> None:
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
                self._rewrite_order(prompt),
                self._call,
                generator=rooms.generator,
                tokenizer=rooms.tokenizer,
                emit=self._emit,
                accept=accept,
                metrics=rooms.metrics,
                usage=self._usage,
            ).run()

    def _rewrite_order(self, prompt: Prompt) -> RewriteOrder:
        wish, defaults = self._ready.wish, self._defaults
        return RewriteOrder(
            prompt=prompt,
            n=wish.n,
            seed=wish.seed,
            top_p=defaults.top_p if wish.top_p is None else wish.top_p,
            temperature=defaults.rewrite_temperature if wish.temperature is None else wish.temperature,
            feature_guidance=wish.feature_guidance,
            max_tokens=self._ready.max_tokens,
            resamples=defaults.rewrite_resamples,
            similarity=defaults.rewrite_similarity,
        )

    async def _answer(self, prompt: Prompt) -> None:
        rooms, wish = self._rooms, self._ready.wish
        answer = Answer(
            self._call, generator=rooms.generator, tokenizer=rooms.tokenizer, emit=self._emit, metrics=rooms.metrics
        )
        await answer.run(self._request(prompt), self._usage)
        self._answers = dict.fromkeys(range(wish.n), answer.text)
        if answer.features is None:
            return
        # One answer has one set of features; its n pictures differ by their noise.
        async with together() as group:
            for image in range(wish.n):
                order = PictureOrder(image, 0, answer.features, seeds.derived(wish.seed, image))
                group.create_task(self._pictures.make(order))

    def _request(self, prompt: Prompt) -> GenerationRequest:
        wish, defaults = self._ready.wish, self._defaults
        top_p = defaults.top_p if wish.top_p is None else wish.top_p
        temperature = 0.0 if wish.temperature is None else wish.temperature
        return GenerationRequest(
            ids=prompt.ids,
            sampling=(Sampling(wish.seed, top_p, temperature),),
            max_tokens=self._ready.max_tokens,
            image=_IMAGE_MODES[self._ready.plan.picture],
            features=prompt.features,
            feature_positions=prompt.feature_positions,
            feature_guidance=wish.feature_guidance,
        )

    async def _remember(self) -> None:
        """Keep the exchange with its first picture; one that was to end in a picture and did not is not kept."""
        made = self._pictures.made
        if not made and self._ready.plan.picture is Picture.FORCED:
            return
        image = min(made, default=0)
        picture: Sequence[str | ImageRef] = [ImageRef(made[image])] if made else []
        pieces = merged((*self._ready.plan.draft.pieces, self._answers.get(image, ""), *picture))
        await self._rooms.conversations.append(self._ready.conversation_id, Turn(pieces))


def _has_picture(history: Sequence[Turn]) -> bool:
    return any(isinstance(piece, ImageRef) for turn in history for piece in turn.pieces)
