"""Text and visual features, one position of every live sequence per step."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence as Ordered
from functools import partial

import numpy as np

from services.engine.generation import GenerationRequest
from services.engine.generation_limits import GenerationLimits
from services.engine.lane import Lane
from services.engine.program import Answers, Step
from services.engine.running import Running
from services.engine.runtime import LanguageOutput, LanguageRuntime
from services.engine.sequence import Candidate, Phase, Prompt
from services.engine.ticket import Ticket
from services.engine.writer import CandidateWriter
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
        self._answers = answers
        self._chunk = chunk
        self._writer = CandidateWriter(limits, answers, feature_offset=feature_offset)
        self._lanes = [Lane(pool) for pool in runtime.pools]
        self._prompts: deque[Prompt] = deque()
        self._running: dict[int, Running] = {}
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
        self._writer.forget(running)
        running.stop(scrub=scrub)

    def _start(self, ticket: GenerationTicket, lane: Lane, slots: int) -> None:
        running = Running(ticket, lane, slots, self._limits.vocabulary.image_start)
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
                self._writer.begin_image(candidate, announce=not running.opens_image)
        elif output is not None:
            self._writer.draw(running.candidates, np.repeat(output.logits, len(running.candidates), axis=0))

    def _decode(self, lane: Lane) -> None:
        output = lane.decode()
        rows: dict[Phase, list[Candidate]] = {Phase.TEXT: [], Phase.CLOSING: [], Phase.IMAGE: []}
        for row in lane.slots.owners:
            if isinstance(row, Candidate):
                rows[row.phase].append(row)
        for candidate in rows[Phase.IMAGE]:
            self._writer.take_feature(candidate, output.features)
        if rows[Phase.TEXT]:
            self._writer.draw(rows[Phase.TEXT], output.logits[[row.slot for row in rows[Phase.TEXT]]])
        for candidate in rows[Phase.CLOSING]:
            self._writer.begin_image(candidate)
        self._settle()

    def _settle(self) -> None:
        """Free the slots of who ended in this step, once no output is read any more."""
        for candidate in sorted(self._writer.ended, key=lambda each: each.slot, reverse=True):
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
        self._writer.ended.clear()
        for running in {id(each.owner): each.owner for each in self._writer.broken}.values():
            self.stop(running.ticket, scrub=True)
            self._answers.fail(running.ticket, InternalError("the model's output is not finite"))


def _tickets(lane: Lane) -> list[GenerationTicket]:
    """Requests with a row that decodes in `lane`."""
    owners = [row.owner for row in lane.slots.owners if row.phase is not Phase.IDLE]
    return list({owner.ticket.number: owner.ticket for owner in owners}.values())
