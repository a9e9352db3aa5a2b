"""Videos to pixels, and which pixels belong to which thing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from export.training.world.coverage import Box, blend, covered_share
from export.training.world.render import surface
from export.training.world.scene import SIDE
from export.training.world.track import Pose
from export.training.world.video import Mover, Video

# A turned square reaches 0.86 times the square root of two, a triangle's corner 1.29 radii from the centre.
_REACH: Final = 1.3


@dataclass(frozen=True, slots=True)
class Footage:
    """A filmed video.

    `pixels` uint8 [T, 128, 128, 3]; `masks` bool [N, T, 128, 128], each mover's visible pixels: those it covers by half
    or more and nothing before it does.
    """

    pixels: NDArray[np.uint8]
    masks: NDArray[np.bool_]


def turned_coverage(shape: str, pose: Pose) -> tuple[Box, NDArray[np.float64]]:
    """The box (rows, columns) in which `shape` lies and the share of each of its pixels covered, by 3 x 3 samples.

    The box is empty where the shape is out of the picture.
    """
    box = _span(pose.y, pose.radius), _span(pose.x, pose.radius)
    return box, covered_share(shape, box, (pose.x, pose.y), pose.radius, pose.angle)


def _span(centre: float, radius: float) -> slice:
    first = min(SIDE, max(0, math.floor(centre - _REACH * radius) - 1))
    return slice(first, max(first, min(SIDE, math.ceil(centre + _REACH * radius) + 1)))


def film(video: Video) -> Footage:
    """Every frame of `video` and every mover's visible pixels in it.

    Textures keep the picture's own raster while their carrier turns, as in still scenes: see `render.texture_mask`.
    """
    pixels = np.empty((video.frames, SIDE, SIDE, 3), np.uint8)
    masks = np.zeros((len(video.movers), video.frames, SIDE, SIDE), np.bool_)
    for frame in range(video.frames):
        picture = _background(video, frame)
        for number, mover in enumerate(video.movers):
            box, covered = _paint(picture, mover, frame)
            masks[:, frame, box[0], box[1]] &= covered < 0.5
            masks[number, frame, box[0], box[1]] = covered >= 0.5
        pixels[frame] = np.rint(picture)
    return Footage(pixels, masks)


def _background(video: Video, frame: int) -> NDArray[np.float64]:
    share = video.faded(frame)
    before, after = (surface(ground.colour, ground.texture) for ground in (video.before, video.after))
    return np.asarray(before * (1.0 - share) + after * share, dtype=np.float64)


def _paint(picture: NDArray[np.float64], mover: Mover, frame: int) -> tuple[Box, NDArray[np.float64]]:
    box, covered = turned_coverage(mover.thing.shape, mover.track[frame])
    blend(picture, box, covered, surface(mover.thing.colour, mover.thing.texture))
    return box, covered
