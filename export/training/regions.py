"""What a picture shows, by its pixels alone: coloured regions, and the shape, place, size and texture of each.

Every pixel is named after the nearest colour of the style (either tone of it), connected pixels of a colour form a
region, and a region's shape is the template that overlaps it best when stretched to its bounding box.
"""

from __future__ import annotations

import math
from collections.abc import Container
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from export.training.world.palette import BACKGROUND_COLOURS
from export.training.world.render import STROKE, texture_mask
from export.training.world.scene import POSITIONS, SHAPES, SIZES, TEXTURES
from export.training.world.shapes import inside
from export.training.world.styles import tones

Mask = NDArray[np.bool_]
Names = NDArray[np.int64]

_SMALLEST: Final = 60
_BORDER: Final = int(STROKE / 2)
# A small star's outline is like its surface, the more the more it is blurred.
_HOLLOW: Final = 0.12
# Blurred patterns are fainter.
_PATTERN: Final = 0.7


@dataclass(frozen=True, slots=True)
class Region:
    """A thing found in a picture.

    `overlap` is how much it is like its shape, 0 to 1; `hollow` whether it is an outline rather than a surface;
    `radius` is in pixels.
    """

    colour: str
    shape: str
    overlap: float
    hollow: bool
    position: str
    radius: float
    texture: str

    @property
    def size(self) -> str:
        """The name of the nearest size."""
        return min(SIZES, key=lambda name: abs(SIZES[name] - self.radius))


def colour_map(picture: NDArray[np.uint8], style: str = "flat", textured: Container[str] = BACKGROUND_COLOURS) -> Names:
    """The index of each pixel's nearest colour in `BACKGROUND_COLOURS`, [H, W]; only `textured` ones have two tones."""
    both = [(name, *tones(name, style)) for name in BACKGROUND_COLOURS]
    pairs = [(first, second if name in textured else first) for name, first, second in both]
    palette = np.array(pairs, dtype=np.float64).reshape(-1, 3)
    # Squared distances, less the pixel's own square, which no comparison needs.
    distance = (palette**2).sum(-1) - 2.0 * picture.astype(np.float64) @ palette.T
    return np.asarray(distance.argmin(-1) // 2)


def background_colour(names: Names) -> str:
    """The commonest colour of the picture's outermost two pixels."""
    border = np.concatenate([names[:2].ravel(), names[-2:].ravel(), names[:, :2].ravel(), names[:, -2:].ravel()])
    return BACKGROUND_COLOURS[int(np.bincount(border, minlength=len(BACKGROUND_COLOURS)).argmax())]


def regions(picture: NDArray[np.uint8], names: Names, colour: str, style: str = "flat") -> list[Region]:
    """The regions of one colour, largest first; thin fringes and specks are no regions.

    What lies within another region's box belongs to it: an outlined ring is two circles.
    """
    exact = names == BACKGROUND_COLOURS.index(colour)
    # A majority vote of the neighbours takes away the odd pixels a blurred outline leaves.
    mask = ndimage.uniform_filter(exact.astype(np.float64), 3) > 0.5
    labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
    labels = _nested(labels, count)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    order = sorted(range(count), key=lambda index: -int(areas[index]))
    return [_region(picture, labels == i + 1, colour, style) for i in order if areas[i] >= _SMALLEST]


def _nested(labels: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    boxes = ndimage.find_objects(labels)
    owner = np.arange(count + 1)
    for inner, outer in ((a, b) for a in range(count) for b in range(count) if a != b):
        if all(o.start <= i.start and i.stop <= o.stop for i, o in zip(boxes[inner], boxes[outer], strict=True)):
            owner[inner + 1] = outer + 1
    return np.asarray(owner[labels])


def _region(picture: NDArray[np.uint8], mask: Mask, colour: str, style: str) -> Region:
    rows, columns = np.nonzero(mask)
    x, y = (columns.min() + columns.max()) / 2, (rows.min() + rows.max()) / 2
    position = min(POSITIONS, key=lambda name: (POSITIONS[name][0] - x) ** 2 + (POSITIONS[name][1] - y) ** 2)
    filled, outlined = name_shape(mask), name_shape(mask, hollow=True)
    shape, overlap = outlined if style == "outline" else filled
    radius = _outline_radius(mask, shape) if style == "outline" else math.sqrt(len(rows) / _area(shape))
    texture = "plain" if style == "outline" else name_texture(picture, mask, colour, style)
    return Region(colour, shape, overlap, outlined[1] - filled[1] > _HOLLOW, position, radius, texture)


def name_shape(mask: Mask, *, hollow: bool = False) -> tuple[str, float]:
    """The shape whose template, or its outline, overlaps `mask` best, and that overlap (intersection over union)."""
    rows, columns = np.nonzero(mask)
    box = mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    scores = {}
    for shape in SHAPES:
        template = (_outline if hollow else _template)(shape, *box.shape)
        scores[shape] = float((box & template).sum() / (box | template).sum())
    best = max(scores, key=scores.__getitem__)
    return best, scores[best]


def name_texture(picture: NDArray[np.uint8], mask: Mask, colour: str, style: str) -> str:
    """The pattern whose second tone lies where that of `colour` does within `mask`."""
    core = ndimage.binary_erosion(mask)
    seen = core if core.sum() >= _SMALLEST else mask
    first, second = (np.array(tone, dtype=np.float64) for tone in tones(colour, style))
    amount = (picture[seen] - first) @ (second - first) / ((second - first) ** 2).sum()
    # By variance, as a picture may be a little too light or too dark all over.
    return min(TEXTURES, key=lambda name: float(np.var(amount - _PATTERN * texture_mask(name)[seen])))


@lru_cache(maxsize=len(SHAPES))
def _bounds(shape: str) -> tuple[float, float, float, float]:
    """Top, bottom, left and right of a shape of radius 1."""
    fine = np.linspace(-1.0, 1.0, 201)
    rows, columns = np.nonzero(inside(shape, *np.meshgrid(fine, fine)))
    return fine[rows.min()], fine[rows.max()], fine[columns.min()], fine[columns.max()]


@lru_cache(maxsize=len(SHAPES))
def _area(shape: str) -> float:
    """The area of a shape of radius 1."""
    fine = np.linspace(-1.0, 1.0, 401)
    return float(inside(shape, *np.meshgrid(fine, fine)).mean()) * 4.0


def _outline_radius(mask: Mask, shape: str) -> float:
    """The radius of a thing whose outline has the mask's bounding box: its stroke reaches out on every side."""
    rows, columns = np.nonzero(mask)
    top, bottom, left, right = _bounds(shape)
    inner = np.ptp(rows) + np.ptp(columns) + 2 - 2 * STROKE
    return float(inner / (bottom - top + right - left)) + STROKE / 2


@lru_cache(maxsize=4096)
def _template(shape: str, height: int, width: int) -> Mask:
    """`shape` with its own bounding box stretched to `height` x `width` pixels."""
    top, bottom, left, right = _bounds(shape)
    y = np.linspace(top, bottom, 2 * height + 1)[1::2]
    x = np.linspace(left, right, 2 * width + 1)[1::2]
    return inside(shape, *np.meshgrid(x, y))


@lru_cache(maxsize=4096)
def _outline(shape: str, height: int, width: int) -> Mask:
    """The stroke along the rim of `shape`, its outermost pixels stretched to `height` x `width`."""
    if min(height, width) <= 2 * _BORDER:
        return np.ones((height, width), bool)
    filled = np.pad(_template(shape, height - 2 * _BORDER, width - 2 * _BORDER), _BORDER)
    away = ndimage.distance_transform_edt(filled) + ndimage.distance_transform_edt(~filled) - 0.5
    return np.asarray(away <= STROKE / 2)
