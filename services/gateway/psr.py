"""Prompt Self-Rewriting: n rewrites of one wish, near-duplicates dropped and resampled within a budget.

All n candidates are one generator request (the prompt is prefilled once and forked). A candidate is judged when its
caption ends, which is 64 positions before its features are there: a near-duplicate is replaced at once by a new
candidate with a new seed, in a request of its own, and nobody waits for anybody. Candidates are numbered 0 to n - 1,
replacements from n on, and candidate i has `seeds.derived(seed, i)`. When the budget is spent a near-duplicate is kept:
the caller gets n pictures, which still differ by their noise.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from services.errors import InternalError
from services.gateway import seeds
from services.gateway.call import Call
from services.gateway.candidate import Candidate, Rewritten
from services.gateway.ports import Emit, Generator
from services.gateway.prompt import Features, Prompt
from services.gateway.similarity import Distinct
from services.gateway.tasks import together
from services.gateway.timing import FirstToken, TokenClock
from services.gateway.tokenizer import Tokenizer
from services.gateway.usage import UsageCount
from services.inference.generator import (
    FeaturesEvent,
    FinishedEvent,
    GenerationEvent,
    GenerationRequest,
    ImageMode,
    Sampling,
    TokensEvent,
)
from services.protos.wegen.v1 import chat_pb2
from services.telemetry import spans
from services.telemetry.gateway_metrics import GatewayMetrics


@dataclass(frozen=True, slots=True)
class RewriteOrder:
    """What to rewrite and how. `resamples` is the budget, `similarity` makes a near-duplicate (0 to 1)."""

    prompt: Prompt
    n: int
    seed: int
    top_p: float
    temperature: float
    feature_guidance: float
    max_tokens: int
    resamples: int
    similarity: float


class Rewriting:
    """One run of the loop. `accept` is called as soon as an accepted candidate's features are there."""

    def __init__(
        self,
        order: RewriteOrder,
        call: Call,
        *,
        generator: Generator,
        tokenizer: Tokenizer,
        emit: Emit,
        accept: Callable[[Rewritten], None],
        metrics: GatewayMetrics,
        usage: UsageCount,
    ) -> None:
        self._order, self._call = order, call
        self._generator, self._tokenizer = generator, tokenizer
        self._emit, self._accept = emit, accept
        self._metrics, self._usage = metrics, usage
        self._first = FirstToken(call, metrics)
        self._distinct = Distinct(order.similarity)
        self._budget = order.resamples
        self._next = order.n
        self._images_begun: set[int] = set()
        self._verdicts = {"accepted": 0, "duplicate": 0, "kept": 0, "incomplete": 0}

    async def run(self) -> None:
        """Until every image has its candidate, or cannot have one; errors of the generator leave as they are."""
        began = time.monotonic()
        with self._first.awaited():
            await self._rounds()
        self._metrics.rewrite_duration.observe(time.monotonic() - began)

    async def _rounds(self) -> None:
        with spans.child("rewriting", attributes={"wegen.rewrites.wanted": self._order.n}) as span:
            async with together() as group:
                self._group = group
                group.create_task(self._round([self._candidate(i, i) for i in range(self._order.n)]))
            span.set("wegen.rewrites.resampled", self._next - self._order.n)
            for verdict, count in self._verdicts.items():
                span.set(f"wegen.rewrites.{verdict}", count)

    def _candidate(self, number: int, slot: int) -> Candidate:
        clock = TokenClock(self._first, self._metrics, number)
        return Candidate(number, slot, seeds.derived(self._order.seed, number), self._tokenizer.reader(), clock)

    async def _round(self, candidates: Sequence[Candidate]) -> None:
        """One generator request; ends early once nothing of it is wanted any more."""
        events = self._generator.generate(
            self._request(candidates), request_id=self._call.request_id, timeout=self._call.remaining()
        )
        self._usage.read(len(self._order.prompt.ids))
        async with aclosing(events):
            async for event in events:
                await self._take(candidates[event.candidate], event)
                if all(candidate.finished or candidate.dropped for candidate in candidates):
                    break
        for candidate in candidates:
            self._usage.made(candidate.tokens)
            if not (candidate.finished or candidate.dropped):
                raise InternalError(f"the generator ended before candidate {candidate.number} did")

    def _request(self, candidates: Sequence[Candidate]) -> GenerationRequest:
        order = self._order
        return GenerationRequest(
            ids=order.prompt.ids,
            sampling=tuple(Sampling(candidate.seed, order.top_p, order.temperature) for candidate in candidates),
            max_tokens=order.max_tokens,
            image=ImageMode.FORCE,
            features=order.prompt.features,
            feature_positions=order.prompt.feature_positions,
            feature_guidance=order.feature_guidance,
        )

    async def _take(self, candidate: Candidate, event: GenerationEvent) -> None:
        match event:
            case TokensEvent():
                await self._grow(candidate, event.ids)
            case FeaturesEvent():
                await self._picture(candidate, event.features)
            case FinishedEvent():
                await self._finish(candidate, event)

    async def _finish(self, candidate: Candidate, event: FinishedEvent) -> None:
        candidate.tokens = event.generated_tokens
        candidate.finished = True
        if not candidate.decided:
            await self._decide(candidate, complete=False)
        elif not candidate.dropped and candidate.slot not in self._images_begun:
            await self._fail(candidate.slot, "the model ended before the image's features")

    async def _grow(self, candidate: Candidate, ids: Sequence[int]) -> None:
        candidate.tokens += len(ids)
        if candidate.decided:
            return
        text, image_begins = _until(ids, self._tokenizer.tokens.image_start)
        if text:
            await self._tell(candidate, candidate.feed(text))
        if image_begins:
            candidate.clock.image_begins()
            await self._decide(candidate, complete=True)

    async def _picture(self, candidate: Candidate, features: Features) -> None:
        candidate.clock.features()
        if not candidate.decided:
            await self._decide(candidate, complete=True)
        if not candidate.dropped:
            self._images_begun.add(candidate.slot)
            self._accept(Rewritten(candidate.number, candidate.slot, candidate.seed, candidate.answer, features))

    async def _decide(self, candidate: Candidate, *, complete: bool) -> None:
        await self._tell(candidate, candidate.end())
        candidate.outcome, replaced = self._judged(candidate, complete=complete)
        done = chat_pb2.RewriteDone(candidate=candidate.number, text=candidate.caption, outcome=candidate.outcome)
        await self._emit(chat_pb2.ChatResponse(rewrite_done=done))
        if replaced:
            self._resample(candidate.slot)
        elif candidate.dropped:
            await self._fail(candidate.slot, "no rewrite was complete within max_tokens")

    def _judged(self, candidate: Candidate, *, complete: bool) -> tuple[chat_pb2.RewriteOutcome.ValueType, bool]:
        """The outcome, and whether a replacement was paid for; at one go, since candidates end while others wait."""
        if not complete:
            self._count("incomplete")
            return chat_pb2.REWRITE_OUTCOME_INCOMPLETE, self._spend()
        if not self._distinct.is_duplicate(candidate.caption):
            self._distinct.keep(candidate.caption)
            self._count("accepted")
            return chat_pb2.REWRITE_OUTCOME_ACCEPTED, False
        replaced = self._spend()
        self._count("duplicate" if replaced else "kept")
        return (chat_pb2.REWRITE_OUTCOME_DUPLICATE if replaced else chat_pb2.REWRITE_OUTCOME_KEPT), replaced

    def _count(self, verdict: str) -> None:
        self._metrics.candidates.labels(outcome=verdict).inc()
        self._verdicts[verdict] += 1

    def _spend(self) -> bool:
        if self._budget == 0:
            return False
        self._budget -= 1
        return True

    def _resample(self, slot: int) -> None:
        replacement = self._candidate(self._next, slot)
        self._next += 1
        self._metrics.candidates.labels(outcome="resampled").inc()
        self._group.create_task(self._round([replacement]))

    async def _fail(self, slot: int, reason: str) -> None:
        self._metrics.images.labels(outcome="failed").inc()
        await self._emit(chat_pb2.ChatResponse(image_failed=chat_pb2.ImageFailed(image=slot, reason=reason)))

    async def _tell(self, candidate: Candidate, delta: str) -> None:
        if delta:
            event = chat_pb2.RewriteDelta(candidate=candidate.number, text=delta)
            await self._emit(chat_pb2.ChatResponse(rewrite_delta=event))


def _until(ids: Sequence[int], end: int) -> tuple[tuple[int, ...], bool]:
    """The ids before `end`, and whether `end` is among them."""
    ids = tuple(ids)
    return (ids[: ids.index(end)], True) if end in ids else (ids, False)
