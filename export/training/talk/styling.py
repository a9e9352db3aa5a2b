"""Requests for the same picture in another style."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Final

from export.training.world.scene import STYLES, Scene

_REQUESTS: Final = (
    "Redraw this picture in {} style.",
    "Show the picture in {} style.",
    "Change the style to {}.",
    "Paint this in {} style.",
)


@dataclass(frozen=True, slots=True)
class Restyling:
    """A request and the scene that answers it: all is kept but the style, and in outline style the textures."""

    request: str
    result: Scene


def restyle_of(scene: Scene, random: Random, style: str | None = None) -> Restyling:
    """A request for `scene` in `style`, or in any other than its own where none is given."""
    wanted = style or random.choice([name for name in STYLES if name != scene.style])
    return Restyling(random.choice(_REQUESTS).format(wanted), replace(scene, style=wanted))
