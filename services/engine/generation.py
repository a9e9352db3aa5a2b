"""A request to the feature generator as its engine reads it, and the joining of the events that answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.engine.arrays import Floats, Ints
from services.generation import GenerationEvent, ImageMode, Sampling, TokensEvent


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One prompt, a candidate for each of `sampling`.

    ids [P]; features [R, D] stand at `feature_positions` [R] instead of those ids' embeddings. `max_tokens` limits
    the sampled tokens of a candidate; an image comes on top.
    """

    ids: Ints
    sampling: tuple[Sampling, ...]
    max_tokens: int
    image: ImageMode
    features: Floats
    feature_positions: Ints
    feature_guidance: float = 1.0

    @property
    def guided(self) -> bool:
        """Whether an unconditional sequence runs beside each image."""
        return self.feature_guidance != 1.0 and self.image is not ImageMode.NEVER


def merge_tokens(events: Sequence[GenerationEvent]) -> list[GenerationEvent]:
    """Join the tokens of each candidate between its other events; the order of a candidate's events stays."""
    merged: list[GenerationEvent] = []
    open_at: dict[int, int] = {}
    for event in events:
        at = open_at.get(event.candidate)
        if not isinstance(event, TokensEvent):
            open_at.pop(event.candidate, None)
            merged.append(event)
        elif at is None:
            open_at[event.candidate] = len(merged)
            merged.append(event)
        else:
            earlier = merged[at]
            assert isinstance(earlier, TokensEvent)
            merged[at] = TokensEvent(event.candidate, earlier.ids + event.ids)
    return merged
