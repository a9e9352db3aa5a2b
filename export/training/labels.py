"""Scenes as class indices, for the heads that teach the vision tower."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from export.training.world import BACKGROUND_COLOURS, OBJECT_COLOURS, POSITIONS, SHAPES, SIZES, TEXTURES, Scene

ATTRIBUTES: Final[dict[str, tuple[str, ...]]] = {
    "shape": SHAPES,
    "colour": OBJECT_COLOURS,
    "size": tuple(SIZES),
    "texture": TEXTURES,
}
SLOTS: Final = len(POSITIONS)


def slot_labels(scenes: list[Scene]) -> Tensor:
    """What stands at each of the nine positions, [N, 9, 4] (shape, colour, size, texture); 0 means nothing does."""
    places = {name: index for index, name in enumerate(POSITIONS)}
    labels = torch.zeros(len(scenes), SLOTS, len(ATTRIBUTES), dtype=torch.long)
    for row, scene in enumerate(scenes):
        for thing in scene.things:
            values = [names.index(getattr(thing, attribute)) + 1 for attribute, names in ATTRIBUTES.items()]
            labels[row, places[thing.position]] = torch.tensor(values)
    return labels


def background_labels(scenes: list[Scene]) -> Tensor:
    """Background colour and texture, [N, 2]."""
    rows = [
        (BACKGROUND_COLOURS.index(scene.background.colour), TEXTURES.index(scene.background.texture))
        for scene in scenes
    ]
    return torch.tensor(rows)
