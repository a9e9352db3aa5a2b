"""A request to the feature generator and the events that answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from services.engine.arrays import Floats, Ints


class ImageMode(IntEnum):
    """Whether an image may follow the text: never, as the model decides, or always."""

    NEVER = 0
    ALLOW = 1
    FORCE = 2


class Finish(StrEnum):
    """Why a candidate ended: end of sequence, its image is complete, or max_tokens."""

    STOP = "stop"
    IMAGE = "image"
    LENGTH = "length"


@dataclass(frozen=True, slots=True)
class Sampling:
    """How one candidate's tokens are drawn; temperature 0 takes the likeliest."""

    seed: int
    top_p: float
    temperature: float


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


@dataclass(frozen=True, slots=True)
class TokensEvent:
    """New ids of a candidate, without the end of sequence."""

    candidate: int
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FeaturesEvent:
    """The image of a candidate: features [64, D]."""

    candidate: int
    features: Floats


@dataclass(frozen=True, slots=True)
class FinishedEvent:
    """A candidate has ended; `generated` counts every id it was given in TokensEvents."""

    candidate: int
    finish: Finish
    prompt_tokens: int
    generated: int


GenerationEvent = TokensEvent | FeaturesEvent | FinishedEvent


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
