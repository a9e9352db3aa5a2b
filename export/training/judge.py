"""The pixel check: does a picture show the things it should? It shares nothing with the networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from export.training.regions import Region, background_colour, colour_map, regions
from export.training.world.palette import OBJECT_COLOURS
from export.training.world.scene import STYLES, Scene, Thing
from export.training.world.styles import tones

_OVERLAP: Final = 0.6
_OUTLINE_OVERLAP: Final = 0.4
_SMALLEST_RADIUS: Final = 11.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is right about one expected thing."""

    colour: bool
    shape: bool
    position: bool
    size: bool
    texture: bool

    @property
    def right(self) -> bool:
        """Shape and colour agree."""
        return self.colour and self.shape


def judge(picture: NDArray[np.uint8], scene: Scene) -> list[Verdict]:
    """A verdict for each thing of `scene` on a picture [128, 128, 3]; a thing in the background's colour is absent."""
    return Look(picture, scene.style).verdicts(scene)


def judge_background(picture: NDArray[np.uint8], scene: Scene) -> bool:
    """Whether the background has the colour it should."""
    return Look(picture, scene.style).behind == scene.background.colour


def judge_style(picture: NDArray[np.uint8], scene: Scene) -> bool:
    """Whether a picture has the colours of the scene's style, and its things are outlines only where they should be.

    Of the tones that the scene's own colours have in each style, its pixels must be nearest to those of the right one;
    what sizes, textures and places its things have does not matter.
    """
    colours = {scene.background.colour, *(thing.colour for thing in scene.things)}
    errors = {style: _distance(picture, colours, style) for style in STYLES if style != "outline"}
    outlined = scene.style == "outline"
    if min(errors, key=errors.__getitem__) != ("flat" if outlined else scene.style):
        return False
    look = Look(picture, scene.style)
    hollow = [region.hollow for thing in scene.things for region in look.regions(thing.colour)[:1]]
    return hollow.count(outlined) > len(hollow) / 2


def _distance(picture: NDArray[np.uint8], colours: set[str], style: str) -> float:
    """How far the pixels are from the nearest tone of `colours` in a style: mean square."""
    palette = np.array([tone for colour in colours for tone in tones(colour, style)], dtype=np.float64)
    return float(((picture[:, :, None] - palette) ** 2).sum(-1).min(-1).mean())


def judge_scene(picture: NDArray[np.uint8], scene: Scene) -> bool:
    """Whether a picture [128, 128, 3] shows all of `scene` and no thing elsewhere.

    Every thing must be in its place in its shape and colour, and the background's colour and the style be right. Sizes
    and textures do not count.
    """
    look = Look(picture, scene.style)
    placed = all(verdict.right and verdict.position for verdict in look.verdicts(scene))
    alone = look.places() <= {thing.position for thing in scene.things}
    return placed and alone and look.behind == scene.background.colour and judge_style(picture, scene)


class Look:
    """A picture looked at in one style: each pixel's colour, and regions on demand."""

    def __init__(self, picture: NDArray[np.uint8], style: str) -> None:
        self.picture, self.style, self.names = picture, style, colour_map(picture, style)
        self.behind = background_colour(self.names)
        if style == "outline":
            # Thin strokes blend with what is behind, and blends are often like another colour's second tone.
            self.names = colour_map(picture, style, textured=(self.behind,))

    def verdicts(self, scene: Scene) -> list[Verdict]:
        """A verdict for each thing of `scene`."""
        return [judge_thing(thing, self.regions(thing.colour), self.style) for thing in scene.things]

    def regions(self, colour: str) -> list[Region]:
        """The regions of a colour that is not the background's."""
        return [] if colour == self.behind else regions(self.picture, self.names, colour, self.style)

    def places(self) -> set[str]:
        """Where there are things, whatever they are.

        Two colours may blend into the likeness of a third thing along a rim, but only in a place that is taken.
        """
        return {region.position for region in self.things()}

    def things(self) -> list[Region]:
        """Every region of any colour that is drawn as things of the style are and not much smaller than all of them."""
        found = (region for colour in OBJECT_COLOURS for region in self.regions(colour))
        return [region for region in found if is_thing(region, self.style) and region.radius >= _SMALLEST_RADIUS]


def is_thing(region: Region, style: str) -> bool:
    """Whether a region is enough like its shape, and drawn as things of the style are."""
    outlined = style == "outline"
    return region.hollow == outlined and region.overlap >= (_OUTLINE_OVERLAP if outlined else _OVERLAP)


def judge_thing(thing: Thing, found: list[Region], style: str = "flat") -> Verdict:
    """Whether one of the regions of the thing's colour is the thing: the best such region counts."""
    verdicts = [
        Verdict(
            colour=True,
            shape=region.shape == thing.shape and is_thing(region, style),
            position=region.position == thing.position,
            size=region.size == thing.size,
            texture=region.texture == thing.texture,
        )
        for region in found
    ]
    nothing = Verdict(colour=False, shape=False, position=False, size=False, texture=False)
    return max(verdicts, key=lambda v: (v.shape, v.position, v.size, v.texture), default=nothing)
