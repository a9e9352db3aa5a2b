"""Pictures as recipes: small, hashable, and drawn when they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from random import Random

import numpy as np
from numpy.typing import NDArray

from export.training.diic.box import Box
from export.training.diic.segment import Framing, segment_of
from export.training.spread import Spread
from export.training.world.conditions import Condition, condition_of
from export.training.world.damage import Damage, damaged
from export.training.world.footage import Footage, film
from export.training.world.render import render
from export.training.world.scene import SIDE, Scene
from export.training.world.video import Video

Pixels = NDArray[np.uint8]
Point = tuple[int, int]

_FRAMING = Framing()


@dataclass(frozen=True, slots=True)
class Damaged:
    """A scene's picture with a damage; `seed` rules its strength and place."""

    scene: Scene
    damage: Damage
    seed: int


@dataclass(frozen=True, slots=True)
class Mapped:
    """A scene's condition map."""

    scene: Scene
    condition: Condition


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of a video."""

    video: Video
    number: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A mover of a video, cut out of one of its frames."""

    video: Video
    frame: int
    mover: int


Picture = Scene | Damaged | Mapped | Frame | Segment


@lru_cache(maxsize=4)
def _filmed(video: Video) -> Footage:
    return film(video)


def pixels_of(picture: Picture) -> Pixels:
    """What a recipe shows, uint8 [128, 128, 3]. ValueError for a segment of a mover that is not to be seen."""
    match picture:
        case Scene():
            return render(picture)
        case Damaged(scene, damage, seed):
            return damaged(damage, render(scene), Random(f"damage/{seed}"))  # noqa: S311 - a seeded world
        case Mapped(scene, condition):
            return condition_of(condition, scene)
        case Frame(video, number):
            filmed: Pixels = _filmed(video).pixels[number]
            return filmed
        case Segment(video, frame):
            return segment_of(_filmed(video).pixels[frame], mask_of(picture), _FRAMING)


def mask_of(segment: Segment) -> NDArray[np.bool_]:
    """The visible pixels [128, 128] of a segment's mover in its frame."""
    mask: NDArray[np.bool_] = _filmed(segment.video).masks[segment.mover, segment.frame]
    return mask


def all_pixels(pictures: list[Picture], spread: Spread = map) -> Pixels:
    """Many pictures, [N, 128, 128, 3]."""
    return np.stack(list(spread(pixels_of, pictures)))


def spots_of(picture: Picture) -> list[Point]:
    """Where in a picture its things are: pixels (x, y), at least one."""
    match picture:
        case Scene():
            return [thing.centre for thing in picture.things]
        case Damaged(scene) | Mapped(scene):
            return [thing.centre for thing in scene.things]
        case Frame(video, number):
            boxes = [Box.around(mask) for mask in _filmed(video).masks[:, number]]
            return [_middle(box) for box in boxes if box] or [(SIDE // 2, SIDE // 2)]
        case Segment():
            return [(SIDE // 2, SIDE // 2)]


def _middle(box: Box) -> Point:
    return int(box.left + box.right) // 2, int(box.top + box.bottom) // 2
