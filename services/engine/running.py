"""A generation that holds slots."""

from __future__ import annotations

import numpy as np

from services.engine.generation import GenerationRequest
from services.engine.lane import Lane
from services.engine.sampling import Sampler
from services.engine.sequence import Candidate, Prompt, Sequence
from services.engine.ticket import Ticket


class Running:
    """A request's prompt and candidates in one lane.

    `promised` slots are reserved and not taken yet; `rows` are the sequences that hold one.
    """

    def __init__(self, ticket: Ticket[GenerationRequest], lane: Lane, slots: int, image_start: int) -> None:
        request = ticket.request
        self.ticket = ticket
        self.lane = lane
        self.promised = slots
        self.rows: list[Sequence] = []
        self.candidates = [Candidate(self, i, Sampler(sampling)) for i, sampling in enumerate(request.sampling)]
        self.unfinished = len(self.candidates)
        # The last <img> of a prompt is fed by a decode step, beside the unconditional sequence that begins with it.
        self.opens_image = bool(request.ids[-1] == image_start)
        ids = request.ids[:-1] if self.opens_image else request.ids
        self.prompt = Prompt(self, ids.astype(np.int64), request.features, request.feature_positions)
        lane.slots.reserve(slots)

    def take(self, row: Sequence) -> None:
        """Give `row` one of the promised slots, empty."""
        self.promised -= 1
        self.rows.append(row)
        self.lane.take(row)

    def replace(self, old: Sequence, new: Sequence) -> None:
        """Give `old`'s slot and its contents to `new`."""
        self.rows[self.rows.index(old)] = new
        new.length = old.length
        self.lane.slots.replace(old, new)

    def release(self, row: Sequence) -> None:
        """Free `row`'s slot."""
        self.rows.remove(row)
        self.lane.release(row)

    def unpromise(self, count: int) -> None:
        """Give back promised slots that will not be needed."""
        self.promised -= count
        self.lane.slots.unreserve(count)

    def stop(self, *, scrub: bool) -> None:
        """Free everything; `scrub` wipes the slots first."""
        for row in sorted(self.rows, key=lambda each: each.slot, reverse=True):
            if scrub:
                self.lane.cache.clear(row.slot)
            self.release(row)
        self.unpromise(self.promised)
