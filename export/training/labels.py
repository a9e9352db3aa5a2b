"""Pictures as class indices, for the heads that teach the vision tower."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from export.training.pictures import Damaged, Frame, Mapped, Picture, Segment, mask_of, pixels_of
from export.training.spread import Spread
from export.training.world import (
    BACKGROUND_COLOURS,
    OBJECT_COLOURS,
    POSITIONS,
    SHAPES,
    SIZES,
    STYLES,
    TEXTURES,
    Background,
    Scene,
    Thing,
)
from export.training.world.damage import MISSING, Damage
from export.training.world.render import coverage
from export.training.world.scene import SIDE

ATTRIBUTES: Final[dict[str, tuple[str, ...]]] = {
    "shape": SHAPES,
    "colour": OBJECT_COLOURS,
    "size": tuple(SIZES),
    "texture": TEXTURES,
    "position": tuple(POSITIONS),
}
BACKGROUNDS: Final[dict[str, tuple[str, ...]]] = {
    "colour": BACKGROUND_COLOURS,
    "texture": TEXTURES,
    "style": STYLES,
}
UNKNOWN: Final = 255
_UNKNOWN_IN_MAPS: Final = ("colour", "texture")
_UNKNOWN_IN_MOTION: Final = ("size", "position")
_TOUCHED: Final = 0.02
_HIDDEN: Final = 0.9

Cells = NDArray[np.uint8]


@lru_cache(maxsize=4096)
def _footprint(shape: str, size: str, position: str, shift: tuple[int, int], cells: int) -> NDArray[np.bool_]:
    (rows, columns), covered = coverage(Thing(shape, OBJECT_COLOURS[0], size, position, TEXTURES[0], shift))
    canvas = np.zeros((SIDE, SIDE))
    canvas[rows, columns] = covered
    return _shares(canvas, cells) > _TOUCHED


def _shares(canvas: NDArray[np.float64], cells: int) -> NDArray[np.float64]:
    """The mean of each cell of a picture [128, 128], row by row [cells * cells]."""
    cell = SIDE // cells
    return np.asarray(canvas.reshape(cells, cell, cells, cell).mean((1, 3)).ravel())


def footprint(thing: Thing, cells: int) -> NDArray[np.bool_]:
    """Which cells of a `cells` x `cells` grid over the picture the thing touches, row by row [cells * cells]."""
    return _footprint(thing.shape, thing.size, thing.position, thing.shift, cells)


def cell_labels(pictures: list[Picture], cells: int, spread: Spread = map) -> Tensor:
    """What touches each cell, uint8 [N, cells * cells, 5].

    A thing's attributes counted from 1, 0 for nothing, UNKNOWN for what the picture does not tell: colours in a map,
    size and place of what moves, whatever lies behind a hole.
    """
    return torch.from_numpy(np.stack(list(spread(partial(_cell_labels, cells=cells), pictures))))


def _cell_labels(picture: Picture, cells: int) -> Cells:
    match picture:
        case Scene():
            return _of_things(picture, cells)
        case Damaged(scene, damage):
            labels = _of_things(scene, cells)
            if damage in (Damage.HOLE, Damage.BORDER):
                gone = (pixels_of(picture) == MISSING).all(-1).astype(np.float64)
                labels[_shares(gone, cells) > _HIDDEN] = UNKNOWN
            return labels
        case Mapped(scene):
            return _unless(_of_things(scene, cells), _UNKNOWN_IN_MAPS)
        case Frame(video, number):
            masks = [mask_of(Segment(video, number, mover)) for mover in range(len(video.movers))]
            return _of_movers([mover.thing for mover in video.movers], masks, cells)
        case Segment(video, _, mover):
            shown = (pixels_of(picture) != pixels_of(picture)[0, 0]).any(-1)
            return _of_movers([video.movers[mover].thing], [shown], cells)


def _of_things(scene: Scene, cells: int) -> Cells:
    labels = np.zeros((cells * cells, len(ATTRIBUTES)), dtype=np.uint8)
    for thing in scene.things:
        labels[footprint(thing, cells)] = _values(thing)
    return labels


def _of_movers(things: list[Thing], masks: list[NDArray[np.bool_]], cells: int) -> Cells:
    labels = np.zeros((cells * cells, len(ATTRIBUTES)), dtype=np.uint8)
    for thing, mask in zip(things, masks, strict=True):
        labels[_shares(mask.astype(np.float64), cells) > _TOUCHED] = _values(thing)
    return _unless(labels, _UNKNOWN_IN_MOTION)


def _values(thing: Thing) -> list[int]:
    return [names.index(getattr(thing, attribute)) + 1 for attribute, names in ATTRIBUTES.items()]


def _unless(labels: Cells, unknown: tuple[str, ...]) -> Cells:
    """The labels with attributes of things made unknown; where nothing is, there is still nothing."""
    for index, attribute in enumerate(ATTRIBUTES):
        if attribute in unknown:
            labels[labels[:, index] > 0, index] = UNKNOWN
    return labels


def background_labels(pictures: list[Picture]) -> Tensor:
    """Background colour, background texture and style, [N, 3]; UNKNOWN where a picture does not tell."""
    return torch.tensor([_background_labels(picture) for picture in pictures])


def _background_labels(picture: Picture) -> tuple[int, int, int]:
    match picture:
        case Scene(background=background, style=style) | Damaged(Scene(background=background, style=style)):
            return _ground(background, style)
        case Segment():
            return _ground(Background("white", "plain"), STYLES[0])
        case Frame(video, number=0):
            return _ground(video.before, STYLES[0])
        case _:
            return UNKNOWN, UNKNOWN, UNKNOWN


def _ground(background: Background, style: str) -> tuple[int, int, int]:
    return BACKGROUND_COLOURS.index(background.colour), TEXTURES.index(background.texture), STYLES.index(style)
