"""The pixel check: does a picture show the things it should? It shares nothing with the networks.

Every pixel is named after the nearest palette colour (either tone of it), connected pixels of a colour form a region,
and a region's shape is the template that overlaps its outline best when stretched to its bounding box.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from export.training.world.palette import BACKGROUND_COLOURS, RGB, shade
from export.training.world.scene import POSITIONS, SHAPES, SIZES, Scene, Thing
from export.training.world.shapes import inside

Mask = NDArray[np.bool_]

_SMALLEST: Final = 60
_OVERLAP: Final = 0.6


@dataclass(frozen=True, slots=True)
class Region:
    """A thing found in a picture: its colour, the shape it is most like and how much (0 to 1), and where it lies."""

    colour: str
    shape: str
    overlap: float
    position: str
    size: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is right about one expected thing."""

    colour: bool
    shape: bool
    position: bool
    size: bool

    @property
    def right(self) -> bool:
        """Shape and colour agree."""
        return self.colour and self.shape


def colour_map(picture: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The index of each pixel's nearest colour in `BACKGROUND_COLOURS`, [H, W]."""
    tones = np.array([tone for name in BACKGROUND_COLOURS for tone in (RGB[name], shade(name))], dtype=np.float64)
    distance = ((picture[:, :, None, :].astype(np.float64) - tones) ** 2).sum(-1)
    named: NDArray[np.int64] = distance.argmin(-1) // 2
    return named


def background_colour(names: NDArray[np.int64]) -> str:
    """The commonest colour of the picture's outermost two pixels."""
    border = np.concatenate([names[:2].ravel(), names[-2:].ravel(), names[:, :2].ravel(), names[:, -2:].ravel()])
    return BACKGROUND_COLOURS[int(np.bincount(border, minlength=len(BACKGROUND_COLOURS)).argmax())]


@lru_cache(maxsize=len(SHAPES))
def _bounds(shape: str) -> tuple[float, float, float, float]:
    """Top, bottom, left and right of a shape of radius 1."""
    fine = np.linspace(-1.0, 1.0, 201)
    rows, columns = np.nonzero(inside(shape, *np.meshgrid(fine, fine)))
    return fine[rows.min()], fine[rows.max()], fine[columns.min()], fine[columns.max()]


@lru_cache(maxsize=4096)
def _template(shape: str, height: int, width: int) -> Mask:
    """`shape` with its own bounding box stretched to `height` x `width` pixels."""
    top, bottom, left, right = _bounds(shape)
    y = np.linspace(top, bottom, 2 * height + 1)[1::2]
    x = np.linspace(left, right, 2 * width + 1)[1::2]
    return inside(shape, *np.meshgrid(x, y))


def name_shape(mask: Mask) -> tuple[str, float]:
    """The shape whose template overlaps `mask` best, and that overlap (intersection over union)."""
    rows, columns = np.nonzero(mask)
    box = mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    scores = {}
    for shape in SHAPES:
        template = _template(shape, *box.shape)
        scores[shape] = float((box & template).sum() / (box | template).sum())
    best = max(scores, key=scores.__getitem__)
    return best, scores[best]


def _region(colour: str, mask: Mask) -> Region:
    rows, columns = np.nonzero(mask)
    x, y = (columns.min() + columns.max()) / 2, (rows.min() + rows.max()) / 2
    position = min(POSITIONS, key=lambda name: (POSITIONS[name][0] - x) ** 2 + (POSITIONS[name][1] - y) ** 2)
    shape, overlap = name_shape(mask)
    top, bottom, _, _ = _bounds(shape)
    radius = (np.ptp(rows) + 1) / (bottom - top)
    size = min(SIZES, key=lambda name: abs(SIZES[name] - radius))
    return Region(colour, shape, overlap, position, size)


def regions(picture: NDArray[np.uint8], colour: str) -> list[Region]:
    """The regions of one colour, largest first; thin fringes and specks are no regions."""
    names = colour_map(picture)
    # A majority vote of the neighbours takes away the odd pixels a blurred outline leaves.
    exact = names == BACKGROUND_COLOURS.index(colour)
    mask = ndimage.median_filter(exact.astype(np.uint8), 3).astype(bool)
    labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
    areas = ndimage.sum_labels(mask, labels, range(1, count + 1))
    order = sorted(range(count), key=lambda index: -float(areas[index]))
    return [_region(colour, labels == index + 1) for index in order if areas[index] >= _SMALLEST]


def judge_thing(thing: Thing, found: list[Region]) -> Verdict:
    """Whether one of the regions of the thing's colour is the thing: the best such region counts."""
    verdicts = [
        Verdict(
            colour=True,
            shape=region.shape == thing.shape and region.overlap >= _OVERLAP,
            position=region.position == thing.position,
            size=region.size == thing.size,
        )
        for region in found
    ]
    nothing = Verdict(colour=False, shape=False, position=False, size=False)
    return max(verdicts, key=lambda v: (v.shape, v.position, v.size), default=nothing)


def judge(picture: NDArray[np.uint8], scene: Scene) -> list[Verdict]:
    """A verdict for each thing of `scene` on a picture [128, 128, 3]; a thing in the background's colour is absent."""
    behind = background_colour(colour_map(picture))
    found = {thing.colour: regions(picture, thing.colour) for thing in scene.things if thing.colour != behind}
    return [judge_thing(thing, found.get(thing.colour, [])) for thing in scene.things]


def judge_background(picture: NDArray[np.uint8], scene: Scene) -> bool:
    """Whether the background has the colour it should."""
    return background_colour(colour_map(picture)) == scene.background.colour
