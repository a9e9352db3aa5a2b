"""Drawing tokens: temperature, then nucleus (top-p), in float64."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from services.engine.arrays import Doubles, Floats, Ints
from services.generation import Sampling

NOT_FINITE = -1


class Sampler:
    """One candidate's draws: a Philox stream of its own, so they depend on nothing but its seed and its logits."""

    __slots__ = ("_random", "temperature", "top_p")

    def __init__(self, sampling: Sampling) -> None:
        self.top_p = sampling.top_p
        self.temperature = sampling.temperature
        self._random = np.random.Generator(np.random.Philox(sampling.seed))

    def draw(self) -> float:
        """The next number in [0, 1)."""
        return self._random.random()


def sample(logits: Floats, samplers: Sequence[Sampler]) -> list[int]:
    """A token for each row of `logits` [rows, vocab], NOT_FINITE where the largest logit is no number.

    Temperature 0: the first of the largest. Otherwise p = softmax(logits / temperature); of the ids sorted by
    descending p (ties by id) the shortest prefix whose mass reaches top_p is kept, and the first whose cumulated
    mass exceeds draw * mass is taken. One draw a token.
    """
    tokens: list[int] = logits.argmax(axis=1).tolist()
    best = logits[np.arange(len(tokens)), tokens]
    for row in np.flatnonzero(~np.isfinite(best)):
        tokens[row] = NOT_FINITE
    warm = [row for row, sampler in enumerate(samplers) if sampler.temperature > 0 and tokens[row] != NOT_FINITE]
    if warm:
        chosen = [samplers[row] for row in warm]
        for row, token in zip(warm, _draw(logits[warm], best[warm], chosen), strict=True):
            tokens[row] = token
    return tokens


def _draw(logits: Floats, best: Floats, samplers: Sequence[Sampler]) -> list[int]:
    """`sample` for rows with a temperature."""
    temperature = np.array([sampler.temperature for sampler in samplers])
    top_p = np.array([sampler.top_p for sampler in samplers])
    weights: Doubles = np.subtract(logits, best[:, None], dtype=np.float64)
    weights /= temperature[:, None]
    np.exp(weights, out=weights)
    total = weights.sum(axis=1)
    wanted = top_p * total
    # Ids below the floor weigh less than 1 - top_p together: the prefix ends before the first of them.
    floor = (total - wanted) / weights.shape[1]
    rows, ids = np.nonzero(weights > floor[:, None])
    ends = np.searchsorted(rows, np.arange(len(samplers)), side="right").tolist()
    tokens, start = [], 0
    for row, (sampler, end) in enumerate(zip(samplers, ends, strict=True)):
        kept = ids[start:end]
        tokens.append(_pick(kept, weights[row, kept], wanted[row], sampler.draw()))
        start = end
    return tokens


def _pick(ids: Ints, weights: Doubles, wanted: float, draw: float) -> int:
    """The id at `draw` of the shortest heaviest prefix that weighs `wanted`; `ids` ascend."""
    if len(ids) == 1:
        return int(ids[0])
    # Sorting values is several times faster than sorting positions; ties are put in order of their ids afterwards.
    ascending = np.sort(weights)
    mass = np.cumsum(ascending[::-1])
    last = min(int(mass.searchsorted(wanted)), len(mass) - 1)
    rank = min(int(mass.searchsorted(draw * mass[last], side="right")), last)
    weight = ascending[-1 - rank]
    heavier = len(ids) - int(ascending.searchsorted(weight, side="right"))
    return int(ids[np.flatnonzero(weights == weight)[rank - heavier]])
