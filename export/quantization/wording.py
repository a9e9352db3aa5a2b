"""Features of prompts, by the preset's own language model, and whether pictures show what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from tqdm import tqdm

from export.quantization.accuracy import Picture
from export.quantization.trajectory import Floats
from export.reference import Reference, Sampling
from export.training.judge import judge
from export.training.world import Scene, Split, brief_of, scene_at


@dataclass(frozen=True, slots=True)
class Asked:
    """A scene that was asked for, and the features [64, D] that answer it."""

    scene: Scene
    features: Floats


def ask(reference: Reference, split: Split, count: int) -> list[Asked]:
    """The first `count` scenes of a split, rewritten as the service does it."""
    asked: list[Asked] = []
    for number in tqdm(range(count), desc=f"{split.value} prompts", leave=False, disable=None):
        brief = brief_of(scene_at(split, number), Random(f"quantization/{number}"))  # noqa: S311 - seeded prompts
        (turn,) = reference.rewrite(brief.text, [Sampling(number)])
        assert turn.features is not None
        asked.append(Asked(brief.scene, turn.features.numpy()))
    return asked


def things_right(pictures: Sequence[Picture], asked: Sequence[Asked]) -> float:
    """Share of all things that are there in their shape and colour, 0 to 1."""
    verdicts = [each for picture, one in zip(pictures, asked, strict=True) for each in judge(picture, one.scene)]
    return float(np.mean([verdict.right for verdict in verdicts]))
