"""What both ends of the feature generator's wire say: how candidates are drawn, and the events that answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray


class ImageMode(IntEnum):
    """Whether an image may follow a candidate's text: never, as the model decides, or always."""

    NEVER = 0
    ALLOW = 1
    FORCE = 2


class EventKind(IntEnum):
    """The number that tells an event's kind on the wire."""

    TOKENS = 0
    FEATURES = 1
    FINISHED = 2


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
class TokensEvent:
    """New ids of a candidate, in order, without the end of sequence."""

    candidate: int
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FeaturesEvent:
    """The image of a candidate: features [64, D]."""

    candidate: int
    features: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FinishedEvent:
    """A candidate has ended; `generated_tokens` counts every id it was given in TokensEvents."""

    candidate: int
    reason: Finish
    prompt_tokens: int
    generated_tokens: int


GenerationEvent = TokensEvent | FeaturesEvent | FinishedEvent
