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
    descending p (ties by id) the shortest prefix whose mass reaches top_p is the nucleus, and the first of its ids, in
    their own order, whose cumulated mass exceeds draw * mass is taken. One draw a token.
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
    """`sample` for rows with a temperature, all of them at once: a step waits for no row's own loop."""
    temperature = np.array([sampler.temperature for sampler in samplers])
    top_p = np.array([sampler.top_p for sampler in samplers])
    weights: Doubles = np.subtract(logits, best[:, None], dtype=np.float64)
    weights /= temperature[:, None]
    np.exp(weights, out=weights)
    draws = np.array([sampler.draw() for sampler in samplers])
    if top_p.min() == 1.0:
        tokens: list[int] = _pick(weights, draws).tolist()
        return tokens
    total = weights.sum(axis=1)
    wanted = top_p * total
    # Ids up to the floor weigh at most 1 - top_p together: the prefix ends before the first of them.
    floor = (total - wanted) / weights.shape[1]
    rows, ids = np.divmod(np.flatnonzero(weights > floor[:, None]), weights.shape[1])
    if len(ids) == len(samplers):
        return ids.tolist()  # type: ignore[no-any-return]
    counts = np.bincount(rows, minlength=len(samplers))
    starts = np.cumsum(counts) - counts
    heavy = np.zeros((len(samplers), counts.max()))
    heavy[rows, np.arange(len(rows)) - starts[rows]] = weights[rows, ids]
    places = starts + _pick(_nucleus(heavy, wanted), draws)
    return ids[places].tolist()  # type: ignore[no-any-return]


def _nucleus(weights: Doubles, wanted: Doubles) -> Doubles:
    """`weights` [rows, n], zeroed where not in a row's shortest heaviest prefix that weighs `wanted` [rows]."""
    falling = np.sort(weights, axis=1)[:, ::-1]
    short = np.cumsum(falling, axis=1) < wanted[:, None]
    # The entry that reaches it belongs to the prefix; rounding may leave none that does.
    sizes = np.minimum(short.sum(axis=1) + 1, weights.shape[1])
    lightest = falling[np.arange(len(sizes)), sizes - 1][:, None]
    kept = weights >= lightest
    if (kept.sum(axis=1) > sizes).any():
        ties = weights == lightest
        surplus = kept.sum(axis=1) - sizes
        behind = np.cumsum(ties[:, ::-1], axis=1)[:, ::-1]
        kept &= ~(ties & (behind <= surplus[:, None]))
    nucleus: Doubles = np.where(kept, weights, 0.0)
    return nucleus


def _pick(weights: Doubles, draws: Doubles) -> Ints:
    """Where each row's cumulated weight first exceeds its draw's share of all."""
    mass = np.cumsum(weights, axis=1)
    # A draw just below 1 must not round up to the whole mass, which nothing exceeds.
    target = np.minimum(draws * mass[:, -1], np.nextafter(mass[:, -1], 0.0))
    places: Ints = (mass > target[:, None]).argmax(axis=1)
    return places
