"""Damage: what restoration, inpainting, outpainting and super-resolution have to mend."""

from __future__ import annotations

from enum import StrEnum
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Picture = NDArray[np.uint8]

# No tone of any style's white, gray or black comes near it.
MISSING: Final = 201
_NOISE: Final = (25.0, 40.0)
_BLUR: Final = (1.7, 2.4)
_HOLE: Final = (0.22, 0.4)
_BORDER: Final = (0.11, 0.14)
_COARSE: Final = 4


class Damage(StrEnum):
    """What happened to a picture."""

    NOISE = "noise"
    BLUR = "blur"
    HOLE = "hole"
    BORDER = "border"
    COARSE = "coarse"


def damaged(kind: Damage, picture: Picture, random: Random) -> Picture:
    """A damaged copy of `picture`, uint8 [S, S, 3]: plainly worse, its scene still to be told.

    NOISE is Gaussian, of 25 to 40 levels. BLUR is Gaussian, of 1.7 to 2.4 pixels in 128. HOLE hides a rectangle of 22
    to 40 % a side behind light grey. BORDER leaves the middle 72 to 78 % a side and makes the rest that grey. COARSE
    has 4 times fewer pixels a side, each enlarged to a square. ValueError for other shapes or S no multiple of 4.
    """
    height, width, channels = picture.shape
    if height != width or channels != 3 or height % _COARSE:
        raise ValueError(f"picture of {picture.shape}, it needs shape [S, S, 3] with S a multiple of {_COARSE}")
    return _DAMAGES[kind](picture, random)


def _noise(picture: Picture, random: Random) -> Picture:
    strength = random.uniform(*_NOISE)
    noise = np.random.default_rng(random.getrandbits(64)).normal(0.0, strength, picture.shape)
    return _levels(picture + noise)


def _blur(picture: Picture, random: Random) -> Picture:
    width = random.uniform(*_BLUR) * len(picture) / 128
    return _levels(ndimage.gaussian_filter(picture.astype(np.float64), (width, width, 0.0), mode="nearest"))


def _hole(picture: Picture, random: Random) -> Picture:
    side = len(picture)
    height, width = (round(random.uniform(*_HOLE) * side) for _ in range(2))
    y, x = random.randint(0, side - height), random.randint(0, side - width)
    hidden = picture.copy()
    hidden[y : y + height, x : x + width] = MISSING
    return hidden


def _border(picture: Picture, random: Random) -> Picture:
    margin = round(random.uniform(*_BORDER) * len(picture))
    framed = np.full_like(picture, MISSING)
    framed[margin:-margin, margin:-margin] = picture[margin:-margin, margin:-margin]
    return framed


def _coarse(picture: Picture, random: Random) -> Picture:  # noqa: ARG001 - every damage's signature
    side = len(picture) // _COARSE
    small = picture.reshape(side, _COARSE, side, _COARSE, 3).mean((1, 3))
    return _levels(small.repeat(_COARSE, 0).repeat(_COARSE, 1))


def _levels(picture: NDArray[np.float64]) -> Picture:
    return np.asarray(np.rint(picture.clip(0.0, 255.0)), dtype=np.uint8)


_DAMAGES: Final = {
    Damage.NOISE: _noise,
    Damage.BLUR: _blur,
    Damage.HOLE: _hole,
    Damage.BORDER: _border,
    Damage.COARSE: _coarse,
}
