"""Which scenes are trained on and which are held out."""

from __future__ import annotations

import zlib
from enum import Enum
from random import Random

from export.training.world.scene import Scene, random_scene


class Split(Enum):
    """Seeds and combinations of the splits are disjoint."""

    TRAIN = "train"
    HELD_OUT = "held-out"


def combination(scene: Scene) -> str:
    """What a brief names at least: the shape-colour pairs, and for a lone thing the background's colour too."""
    pairs = sorted(f"{thing.colour} {thing.shape}" for thing in scene.things)
    return ", ".join(pairs if len(pairs) > 1 else [*pairs, f"on {scene.background.colour}"])


def split_of(scene: Scene) -> Split:
    """A tenth of all combinations is held out, chosen by checksum."""
    return Split.HELD_OUT if zlib.crc32(combination(scene).encode()) % 10 == 0 else Split.TRAIN


def scene_at(split: Split, index: int, *, shift: int = 0, counts: tuple[int, ...] = (40, 50, 10)) -> Scene:
    """Scene number `index` of a split: the same on every machine."""
    random = Random(f"{split.value}/{index}")  # noqa: S311 - a seeded world, not a secret
    while True:
        scene = random_scene(random, shift=shift, counts=counts)
        if split_of(scene) is split:
            return scene
