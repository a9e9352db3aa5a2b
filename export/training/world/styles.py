"""Styles: the same scene in other colours, or drawn as outlines."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from export.training.world.palette import RGB, shade
from export.training.world.scene import STYLES, Scene
from export.training.world.splits import Split, scene_at

Tone = tuple[int, int, int]

# Mixed with white, or darkened, then moved apart until no tone comes near another colour's: 57 or more between any two
# in pastel, 55 in dark (64 in flat; Euclidean, of 255 a channel).
_PASTEL: Final[dict[str, Tone]] = {
    "red": (255, 123, 132),
    "orange": (255, 187, 118),
    "yellow": (255, 253, 181),
    "green": (128, 226, 148),
    "cyan": (141, 247, 247),
    "blue": (131, 169, 251),
    "purple": (195, 133, 236),
    "pink": (255, 174, 213),
    "white": (255, 255, 255),
    "gray": (162, 162, 162),
    "black": (64, 64, 64),
}
_DARK: Final[dict[str, Tone]] = {
    "red": (129, 0, 9),
    "orange": (153, 79, 0),
    "yellow": (148, 143, 40),
    "green": (17, 101, 43),
    "cyan": (15, 137, 136),
    "blue": (31, 63, 136),
    "purple": (87, 5, 117),
    "pink": (159, 53, 96),
    "white": (174, 174, 174),
    "gray": (80, 80, 80),
    "black": (0, 0, 0),
}
_FADED: Final = {"pastel": 0.85, "dark": 0.74}
_FADED_BLACK: Final = {"pastel": (88, 88, 88), "dark": (18, 18, 18)}


def tones(colour: str, style: str) -> tuple[Tone, Tone]:
    """A colour's two tones in a style, RGB; outlines have the colours of flat pictures."""
    if style in ("flat", "outline"):
        return RGB[colour], shade(colour)
    first = (_PASTEL if style == "pastel" else _DARK)[colour]
    if colour == "black":
        return first, _FADED_BLACK[style]
    red, green, blue = (int(level * _FADED[style]) for level in first)
    return first, (red, green, blue)


def styled_at(split: Split, index: int, *, shift: int = 0, counts: tuple[int, ...] = (40, 50, 10)) -> Scene:
    """Scene number `index` of a split in one of the styles that are not flat: the scene `scene_at` gives, restyled."""
    style = Random(f"styled/{split.value}/{index}").choice(STYLES[1:])  # noqa: S311 - a seeded world
    return replace(scene_at(split, index, shift=shift, counts=counts), style=style)
