"""Scenes as class indices, for the heads that teach the vision tower."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from export.training.world import BACKGROUND_COLOURS, OBJECT_COLOURS, POSITIONS, SHAPES, SIZES, TEXTURES, Scene, Thing
from export.training.world.render import coverage
from export.training.world.scene import SIDE

ATTRIBUTES: Final[dict[str, tuple[str, ...]]] = {
    "shape": SHAPES,
    "colour": OBJECT_COLOURS,
    "size": tuple(SIZES),
    "texture": TEXTURES,
    "position": tuple(POSITIONS),
}
_TOUCHED: Final = 0.02


@lru_cache(maxsize=4096)
def _footprint(shape: str, size: str, position: str, shift: tuple[int, int], cells: int) -> NDArray[np.bool_]:
    (rows, columns), covered = coverage(Thing(shape, OBJECT_COLOURS[0], size, position, TEXTURES[0], shift))
    canvas = np.zeros((SIDE, SIDE))
    canvas[rows, columns] = covered
    cell = SIDE // cells
    touched: NDArray[np.bool_] = canvas.reshape(cells, cell, cells, cell).mean((1, 3)) > _TOUCHED
    return touched.ravel()


def footprint(thing: Thing, cells: int) -> NDArray[np.bool_]:
    """Which cells of a `cells` x `cells` grid over the picture the thing touches, row by row [cells * cells]."""
    return _footprint(thing.shape, thing.size, thing.position, thing.shift, cells)


def cell_labels(scenes: list[Scene], cells: int) -> Tensor:
    """What touches each cell, uint8 [N, cells * cells, 5]: a thing's attributes counted from 1, or 0 for nothing."""
    labels = np.zeros((len(scenes), cells * cells, len(ATTRIBUTES)), dtype=np.uint8)
    for row, scene in enumerate(scenes):
        for thing in scene.things:
            values = [names.index(getattr(thing, attribute)) + 1 for attribute, names in ATTRIBUTES.items()]
            labels[row, footprint(thing, cells)] = values
    return torch.from_numpy(labels)


def background_labels(scenes: list[Scene]) -> Tensor:
    """Background colour and texture, [N, 2]."""
    rows = [
        (BACKGROUND_COLOURS.index(scene.background.colour), TEXTURES.index(scene.background.texture))
        for scene in scenes
    ]
    return torch.tensor(rows)
