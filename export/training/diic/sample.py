"""Samples: one frame pair with the prompt it is learned from."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from export.training.diic.dropping import Dropping, Kept
from export.training.diic.interleaved import Part, interleave
from export.training.diic.pair import Pair, Recipe, pair_of
from export.training.diic.sources import Pixels, RewritePair, Sources


@dataclass(frozen=True, slots=True)
class Sample:
    """`parts` is the interleaved prompt, whose integers are indices of `pair.instances`; the answer is `pair.first`."""

    name: str
    pair: Pair
    kept: tuple[Kept, ...]
    parts: tuple[Part, ...]
    rewrite: RewritePair


def sample_of(
    name: str, clip: Pixels, sources: Sources, recipe: Recipe, *, dropping: Dropping, seed: int
) -> tuple[Sample | None, Pair]:
    """The sample of one clip [T, H, W, 3], or None where no instance is usable, and the pair it was made from.

    What is dropped depends on `seed` and `name` alone.
    """
    pair = pair_of(clip, sources, recipe)
    if not pair.instances:
        return None, pair
    random = Random(f"diic/{seed}/{name}")  # noqa: S311 - seeded data, not a secret
    kept = dropping.draw(random, len(pair.instances))
    rewrite = sources.describer.describe(clip[0])
    return Sample(name, pair, kept, interleave(pair, kept), rewrite), pair
