"""Scenes to pixels."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from export.training.world.coverage import Box, blend, covered_share, stroke_share
from export.training.world.scene import SIDE, Scene, Thing
from export.training.world.styles import tones

STROKE: Final = 4.0
_PERIOD: Final = 8


def texture_mask(texture: str, side: int = SIDE) -> NDArray[np.float64]:
    """How much of the second tone each pixel of a `side` x `side` picture shows, 0 to 1.

    Patterns repeat every 8 pixels from the picture's corner, whatever carries them, so that a texture looks the same
    in every latent cell: a small model then learns it once.
    """
    if texture == "plain":
        return np.zeros((side, side))
    y, x = np.meshgrid(*[np.arange(side, dtype=np.float64) % _PERIOD] * 2, indexing="ij")
    tone = np.hypot(x - 3.5, y - 3.5) - 1.9 if texture == "dotted" else y - (_PERIOD / 2 - 1.0)
    mask: NDArray[np.float64] = 1.0 - np.clip(tone, 0.0, 1.0)
    return mask


@lru_cache(maxsize=128)
def surface(colour: str, texture: str, style: str = "flat", side: int = SIDE) -> NDArray[np.float64]:
    """A picture [side, side, 3], 0 to 255, filled with a textured colour."""
    amount = texture_mask(texture, side)[..., None]
    first, second = (np.asarray(tone, dtype=np.float64) for tone in tones(colour, style))
    return np.asarray(first * (1.0 - amount) + second * amount, dtype=np.float64)


def coverage(thing: Thing, side: int = SIDE) -> tuple[Box, NDArray[np.float64]]:
    """The box (rows, columns) `thing` lies in and the share of each of its pixels that it covers, by 3 x 3 samples."""
    box = _box(thing, side)
    return box, covered_share(thing.shape, box, thing.centre, thing.radius)


def outline(thing: Thing, width: float) -> tuple[Box, NDArray[np.float64]]:
    """As `coverage`, of a stroke of `width` pixels along the thing's rim."""
    box = _box(thing, SIDE)
    return box, stroke_share(thing.shape, box, thing.centre, thing.radius, width)


def _box(thing: Thing, side: int) -> Box:
    x, y = thing.centre
    return _span(y, thing.radius, side), _span(x, thing.radius, side)


def _span(centre: int, radius: int, side: int) -> slice:
    return slice(max(0, centre - radius - 2), min(side, centre + radius + 2))


def render_all(scenes: list[Scene]) -> NDArray[np.uint8]:
    """Pictures of many scenes, [N, 128, 128, 3]."""
    return np.stack([render(scene) for scene in scenes])


def render(scene: Scene) -> NDArray[np.uint8]:
    """The scene's picture in its style, [128, 128, 3] in RGB."""
    picture = surface(scene.background.colour, scene.background.texture, scene.style).copy()
    for thing in scene.things:
        box, share = outline(thing, STROKE) if scene.style == "outline" else coverage(thing)
        blend(picture, box, share, surface(thing.colour, thing.texture, scene.style))
    return np.rint(picture).astype(np.uint8)
