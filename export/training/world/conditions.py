"""Conditions: maps of a scene that a picture is to be painted from."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from export.training.world.coverage import blend
from export.training.world.render import coverage, outline
from export.training.world.scene import SIDE, Scene

_EDGE: Final = 2.0
_FAR: Final = 25.0
_NEAR: Final = {"small": 105.0, "medium": 175.0, "large": 245.0}


class Condition(StrEnum):
    """What a map shows."""

    EDGES = "edges"
    DEPTH = "depth"


def condition_of(kind: Condition, scene: Scene) -> NDArray[np.uint8]:
    """The scene's map, uint8 [128, 128, 3], the same in every style.

    EDGES are lines of 2 pixels along every thing's rim, white on black. DEPTH is a grey level a distance: larger
    things are nearer and brighter, the background is darkest.
    """
    edges = kind is Condition.EDGES
    picture = np.full((SIDE, SIDE, 3), 0.0 if edges else _FAR)
    for thing in scene.things:
        box, share = outline(thing, _EDGE) if edges else coverage(thing)
        level = 255.0 if edges else _NEAR[thing.size]
        blend(picture, box, share, np.full_like(picture, level))
    return np.asarray(np.rint(picture), dtype=np.uint8)
