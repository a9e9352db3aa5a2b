"""How a token is drawn from logits, as defined for engine and reference alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class ImageMode(IntEnum):
    """Whether an answer holds an image: not at all, where the model decides, or in any case."""

    NEVER = 0
    ALLOW = 1
    FORCE = 2


@dataclass(frozen=True, slots=True)
class Sampling:
    """Temperature 0 takes the largest logit; top_p in (0, 1] is the mass of the nucleus."""

    seed: int = 0
    top_p: float = 0.9
    temperature: float = 0.8

    def generator(self) -> np.random.Generator:
        """The stream of draws, one a sampled token."""
        return np.random.Generator(np.random.Philox(self.seed))


def sample(logits: NDArray[np.float32], sampling: Sampling, generator: np.random.Generator) -> int:
    """One token from `logits` [vocab].

    softmax(logits / temperature) in float64; of the ids by descending probability (ties by id) the shortest
    prefix whose mass reaches top_p, renormalised; the first of them by id whose cumulated mass is above the draw.
    """
    if sampling.temperature == 0:
        return int(logits.argmax())
    scaled = logits.astype(np.float64) / sampling.temperature
    weights = np.exp(scaled - scaled.max())
    chances = weights / weights.sum()
    order = np.argsort(-chances, kind="stable")
    kept = int(np.searchsorted(np.cumsum(chances[order]), sampling.top_p)) + 1
    nucleus = np.sort(order[:kept])
    cumulated = np.cumsum(chances[nucleus] / chances[nucleus].sum())
    place = int(np.searchsorted(cumulated, generator.random(), side="right"))
    return int(nucleus[min(place, len(nucleus) - 1)])
