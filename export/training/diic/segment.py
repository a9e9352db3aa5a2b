"""Segments: an instance cut out of its frame and put on a plain background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from export.training.diic.box import Box
from export.training.diic.sources import Mask, Pixels
from export.training.world.palette import RGB


@dataclass(frozen=True, slots=True)
class Framing:
    """How a segment is laid on a square of `side` pixels of the colour `plain`.

    `fill` is the share of the square its longer side takes. None keeps its size and moves it to the middle by whole
    multiples of `step` pixels: the procedural world's textures have a raster of 8, which the small networks know.
    """

    side: int = 128
    plain: tuple[int, int, int] = RGB["white"]
    fill: float | None = None
    step: int = 8

    def __post_init__(self) -> None:
        if self.fill is not None and not 0.0 < self.fill <= 1.0:
            raise ValueError(f"fill {self.fill} is not above 0 and at most 1")
        if not 0 < self.step < self.side:
            raise ValueError(f"step {self.step} is not between 0 and side {self.side}")


def segment_of(frame: Pixels, mask: Mask, framing: Framing) -> Pixels:
    """The pixels of `frame` [H, W, 3] in `mask` [H, W], cropped, on a plain square [side, side, 3].

    ValueError where the mask is empty.
    """
    box = Box.around(mask)
    if box is None:
        raise ValueError("mask: it is empty, there is nothing to cut out")
    left, top, right, bottom = map(int, box.corners)
    plain = np.asarray(framing.plain, np.uint8)
    crop = np.where(mask[..., None], frame, plain)[top:bottom, left:right]
    longer = max(right - left, bottom - top)
    if framing.fill is None and longer <= framing.side - framing.step:
        corner = (_centred(left, right, framing), _centred(top, bottom, framing))
    else:
        crop = _scaled(crop, (framing.fill or 1.0) * framing.side / longer)
        corner = ((framing.side - crop.shape[1]) // 2, (framing.side - crop.shape[0]) // 2)
    square = np.empty((framing.side, framing.side, 3), np.uint8)
    square[:] = plain
    square[corner[1] : corner[1] + crop.shape[0], corner[0] : corner[0] + crop.shape[1]] = crop
    return square


def _centred(first: int, last: int, framing: Framing) -> int:
    """The place of a crop's edge once it stands near the middle: moved by whole steps, at most half of one off it."""
    steps = round((framing.side / 2 - (first + last) / 2) / framing.step)
    return first + steps * framing.step


def _scaled(crop: Pixels, scale: float) -> Pixels:
    height, width = (max(1, round(extent * scale)) for extent in crop.shape[:2])
    return np.asarray(Image.fromarray(crop).resize((width, height), Image.Resampling.BILINEAR))
