"""Text and visual features, one position of every live sequence per step."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence as Ordered
from functools import partial

import numpy as np

from services.engine.arrays import Floats
from services.engine.generation import (
    FeaturesEvent,
    Finish,
    FinishedEvent,
    GenerationRequest,
    ImageMode,
    TokensEvent,
)
from services.engine.generation_limits import GenerationLimits
from services.engine.lane import Lane
from services.engine.program import Answers, Step
from services.engine.running import Running
from services.engine.runtime import LanguageOutput, LanguageRuntime
from services.engine.sampling import NOT_FINITE, sample
from services.engine.sequence import Candidate, Phase, Prompt, Sequence
from services.engine.ticket import Ticket
from services.errors import InternalError

GenerationTicket = Ticket[GenerationRequest]


class FeatureLoop:
    """The program of the feature generator.

    Lanes and prompts take turns: between two decode steps there is at most one chunk of a prompt, between two chunks
    at least one decode step of each lane that has something to decode. Sequences of a request share a lane, the
    shortest that holds them. A prompt is fed once and its entries are copied to the other candidates.
    """

    def __init__(
        self,
        runtime: LanguageRuntime,
        limits: GenerationLimits,
        answers: Answers,
        *,
        chunk: int,
        feature_offset: int = 0,
    ) -> None:
        self._limits = limits
        self._vocabulary = limits.vocabulary
        self._answers = answers
        self._chunk = chunk
        self._offset = feature_offset
        self._lanes = [Lane(pool) for pool in runtime.pools]
        self._prompts: deque[Prompt] = deque()
        self._running: dict[int, Running] = {}
        self._ended: list[Candidate] = []
        self._broken: list[Candidate] = []
        self._turn = 0

    @property
    def slots(self) -> int:
        """Slots of all lanes."""
        return sum(lane.slots.size for lane in self._lanes)

    @property
    def slots_in_use(self) -> int:
        """Slots that are live or promised."""
        return sum(lane.slots.in_use for lane in self._lanes)

    def running(self) -> list[GenerationTicket]:
        """Requests that hold slots."""
        return [running.ticket for running in self._running.values()]

    def admit(self, waiting: Ordered[GenerationTicket]) -> list[GenerationTicket]:
        """Start who fits; a lane that somebody waits for is closed to all behind him."""
        started: list[GenerationTicket] = []
        closed: set[int] = set()
        for ticket in waiting:
            entries, slots = self._limits.entries(ticket.request), self._limits.slots_for(ticket.request)
            fitting = [i for i, lane in enumerate(self._lanes) if lane.cache.span >= entries]
            free = [i for i in fitting if i not in closed and self._lanes[i].slots.free >= slots]
            if free:
                self._start(ticket, self._lanes[free[0]], slots)
                started.append(ticket)
            else:
                closed.update(fitting)
            if len(closed) == len(self._lanes):
                break
        return started

    def next_step(self) -> Step[GenerationRequest] | None:
        """A chunk of the first prompt or a decode step of a lane, in turn."""
        count = len(self._lanes) + 1
        for source in range(self._turn, self._turn + count):
            step = self._step_of(source % count)
            if step is not None:
                self._turn = (source + 1) % count
                return step
        return None

    def stop(self, ticket: GenerationTicket, *, scrub: bool = False) -> None:
        """Free every slot of `ticket`."""
        running = self._running.pop(ticket.number, None)
        if running is None:
            return
        if running.prompt in self._prompts:
            self._prompts.remove(running.prompt)
        self._ended = [each for each in self._ended if each.owner is not running]
        self._broken = [each for each in self._broken if each.owner is not running]
        running.stop(scrub=scrub)

    def _start(self, ticket: GenerationTicket, lane: Lane, slots: int) -> None:
        running = Running(ticket, lane, slots, self._vocabulary.image_start)
        self._running[ticket.number] = running
        if running.prompt.complete:
            running.take(running.prompt)
            self._open(running, None)
        else:
            self._prompts.append(running.prompt)

    def _step_of(self, source: int) -> Step[GenerationRequest] | None:
        if source == len(self._lanes):
            if not self._prompts:
                return None
            prompt = self._prompts[0]
            return Step("prefill", 1, partial(self._prefill, prompt), lambda: [prompt.owner.ticket])
        lane = self._lanes[source]
        rows = lane.decoding
        return Step("decode", rows, partial(self._decode, lane), partial(_tickets, lane)) if rows else None

    def _prefill(self, prompt: Prompt) -> None:
        running = prompt.owner
        if prompt.slot < 0:
            running.take(prompt)
        chunk = prompt.chunk(self._chunk)
        output = running.lane.cache.prefill(prompt.slot, chunk)
        running.lane.prefilled(prompt, len(chunk.ids))
        if prompt.complete:
            self._prompts.popleft()
            self._open(running, output)
            self._settle()

    def _open(self, running: Running, output: LanguageOutput | None) -> None:
        """Fork the candidates from the prompt and give each its first token, from the same logits."""
        first, *others = running.candidates
        running.replace(running.prompt, first)
        for candidate in others:
            running.take(candidate)
        running.lane.fork(first, [*others])
        if running.opens_image or running.ticket.request.max_tokens == 0:
            for candidate in running.candidates:
                self._begin_image(candidate, announce=not running.opens_image)
        elif output is not None:
            self._draw(running.candidates, np.repeat(output.logits, len(running.candidates), axis=0))

    def _decode(self, lane: Lane) -> None:
        output = lane.decode()
        rows: dict[Phase, list[Candidate]] = {Phase.TEXT: [], Phase.CLOSING: [], Phase.IMAGE: []}
        for row in lane.slots.owners:
            if isinstance(row, Candidate):
                rows[row.phase].append(row)
        for candidate in rows[Phase.IMAGE]:
            self._take_feature(candidate, output.features)
        if rows[Phase.TEXT]:
            self._draw(rows[Phase.TEXT], output.logits[[row.slot for row in rows[Phase.TEXT]]])
        for candidate in rows[Phase.CLOSING]:
            self._begin_image(candidate)
        self._settle()

    def _draw(self, candidates: list[Candidate], logits: Floats) -> None:
        """Sample from `logits` [candidates, vocab], which it overwrites."""
        self._vocabulary.hide(logits)
        for row, candidate in enumerate(candidates):
            if candidate.owner.ticket.request.image is ImageMode.NEVER:
                logits[row, self._vocabulary.image_start] = -np.inf
        tokens = sample(logits, [candidate.sampler for candidate in candidates])
        for candidate, token in zip(candidates, tokens, strict=True):
            if token == NOT_FINITE:
                self._broken.append(candidate)
            else:
                self._take_token(candidate, token)

    def _take_token(self, candidate: Candidate, token: int) -> None:
        request = candidate.owner.ticket.request
        forced = request.image is ImageMode.FORCE
        candidate.sampled += 1
        if token == self._vocabulary.eos and not forced:
            self._finish(candidate, Finish.STOP)
        elif token in (self._vocabulary.eos, self._vocabulary.image_start):
            self._begin_image(candidate)
        else:
            self._emit(candidate, (token,))
            if candidate.sampled < request.max_tokens or forced:
                candidate.owner.lane.feed_token(candidate, token)
            if candidate.sampled == request.max_tokens and forced:
                candidate.phase = Phase.CLOSING
            elif candidate.sampled == request.max_tokens:
                self._finish(candidate, Finish.LENGTH)

    def _begin_image(self, candidate: Candidate, *, announce: bool = True) -> None:
        running, image_start = candidate.owner, self._vocabulary.image_start
        candidate.phase = Phase.IMAGE
        count = self._vocabulary.features + self._offset
        candidate.features = np.empty((count, self._limits.feature_width), np.float32)
        running.lane.feed_token(candidate, image_start)
        if announce:
            self._emit(candidate, (image_start,))
        if running.ticket.request.guided:
            candidate.shadow = Sequence(running, Phase.SHADOW)
            running.take(candidate.shadow)
            running.lane.feed_token(candidate.shadow, image_start)

    def _take_feature(self, candidate: Candidate, predicted: Floats) -> None:
        """The feature predicted for the next image position, from `predicted` [slots, D]."""
        assert candidate.features is not None
        lane, shadow = candidate.owner.lane, candidate.shadow
        feature = predicted[candidate.slot]
        if shadow is not None:
            alone = predicted[shadow.slot]
            feature = alone + np.float32(candidate.owner.ticket.request.feature_guidance) * (feature - alone)
        candidate.features[candidate.taken] = feature
        candidate.taken += 1
        if candidate.taken == len(candidate.features):
            self._finish_image(candidate, candidate.features[self._offset :])
            return
        lane.feed_feature(candidate, feature)
        if shadow is not None:
            lane.feed_feature(shadow, feature)

    def _finish_image(self, candidate: Candidate, features: Floats) -> None:
        if not np.isfinite(features).all():
            self._broken.append(candidate)
            return
        self._answers.post(candidate.owner.ticket, FeaturesEvent(candidate.index, features))
        self._emit(candidate, self._vocabulary.image_ids)
        self._finish(candidate, Finish.IMAGE)

    def _emit(self, candidate: Candidate, ids: tuple[int, ...]) -> None:
        candidate.generated += len(ids)
        self._answers.post(candidate.owner.ticket, TokensEvent(candidate.index, ids))

    def _finish(self, candidate: Candidate, finish: Finish) -> None:
        ticket = candidate.owner.ticket
        event = FinishedEvent(candidate.index, finish, len(ticket.request.ids), candidate.generated)
        self._answers.post(ticket, event)
        self._ended.append(candidate)

    def _settle(self) -> None:
        """Free the slots of who ended in this step, once no output is read any more."""
        for candidate in sorted(self._ended, key=lambda each: each.slot, reverse=True):
            running = candidate.owner
            running.release(candidate)
            if candidate.shadow is not None:
                running.release(candidate.shadow)
            elif running.ticket.request.guided:
                running.unpromise(1)
            running.unfinished -= 1
            if not running.unfinished:
                del self._running[running.ticket.number]
                self._answers.finish(running.ticket)
        self._ended.clear()
        for running in {id(each.owner): each.owner for each in self._broken}.values():
            self.stop(running.ticket, scrub=True)
            self._answers.fail(running.ticket, InternalError("the model's output is not finite"))


def _tickets(lane: Lane) -> list[GenerationTicket]:
    """Requests with a row that decodes in `lane`."""
    owners = [row.owner for row in lane.slots.owners if row.phase is not Phase.IDLE]
    return list({owner.ticket.number: owner.ticket for owner in owners}.values())
