"""Scenes: a background and one to three things on it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations
from random import Random
from typing import Final

from export.training.world.palette import BACKGROUND_COLOURS, OBJECT_COLOURS
from export.training.world.shapes import SHAPE_REGIONS

SIDE: Final = 128
SHAPES: Final = tuple(SHAPE_REGIONS)
SIZES: Final[dict[str, int]] = {"small": 17, "medium": 21, "large": 25}
TEXTURES: Final = ("plain", "striped", "dotted")
STYLES: Final = ("flat", "outline", "pastel", "dark")
POSITIONS: Final[dict[str, tuple[int, int]]] = {
    "top left": (26, 26),
    "top": (64, 26),
    "top right": (102, 26),
    "left": (26, 64),
    "center": (64, 64),
    "right": (102, 64),
    "bottom left": (26, 102),
    "bottom": (64, 102),
    "bottom right": (102, 102),
}
MOST_THINGS: Final = 3
_NEAREST: Final = 2 * max(SIZES.values())


@dataclass(frozen=True, slots=True)
class Thing:
    """One object. `shift` moves its centre by whole pixels, which no caption mentions."""

    shape: str
    colour: str
    size: str
    position: str
    texture: str
    shift: tuple[int, int] = (0, 0)

    @property
    def radius(self) -> int:
        """Pixels."""
        return SIZES[self.size]

    @property
    def centre(self) -> tuple[int, int]:
        """Pixels from the top left corner, x then y."""
        x, y = POSITIONS[self.position]
        return x + self.shift[0], y + self.shift[1]


@dataclass(frozen=True, slots=True)
class Background:
    """What lies behind the things."""

    colour: str
    texture: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a picture shows; the order of things is the order captions name them in.

    In outline style there is no surface to see: whatever texture a thing is given, it becomes plain.
    """

    things: tuple[Thing, ...]
    background: Background
    style: str = STYLES[0]

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise ValueError(f"style {self.style!r} is none of {', '.join(STYLES)}")
        if self.style == "outline":
            object.__setattr__(self, "things", tuple(replace(thing, texture="plain") for thing in self.things))

    @property
    def is_valid(self) -> bool:
        """One to three things, of which none overlaps, hides in the background's colour or appears twice."""
        pairs = {(thing.shape, thing.colour) for thing in self.things}
        visible = all(thing.colour != self.background.colour for thing in self.things)
        distinct = len(pairs) == len(self.things) and all(_apart(*pair) for pair in combinations(self.things, 2))
        return 1 <= len(self.things) <= MOST_THINGS and visible and distinct


def _apart(first: Thing, second: Thing) -> bool:
    """Whether both may have any size: a rule of places alone, so that a caption can be valid without knowing sizes."""
    (x1, y1), (x2, y2) = POSITIONS[first.position], POSITIONS[second.position]
    return math.hypot(x1 - x2, y1 - y2) > _NEAREST


def random_thing(random: Random, shift: int) -> Thing:
    """A thing of random attributes, its centre off by at most `shift` pixels."""
    return Thing(
        shape=random.choice(SHAPES),
        colour=random.choice(OBJECT_COLOURS),
        size=random.choice(tuple(SIZES)),
        position=random.choice(tuple(POSITIONS)),
        texture=random.choices(TEXTURES, (2, 1, 1))[0],
        shift=(random.randint(-shift, shift), random.randint(-shift, shift)),
    )


def random_scene(random: Random, *, shift: int = 0, counts: tuple[int, ...] = (40, 50, 10)) -> Scene:
    """A valid scene of one, two or three things with the odds `counts`."""
    number = random.choices(range(1, len(counts) + 1), counts)[0]
    while True:
        background = Background(random.choice(BACKGROUND_COLOURS), random.choices(TEXTURES, (2, 1, 1))[0])
        scene = Scene(tuple(random_thing(random, shift) for _ in range(number)), background)
        if scene.is_valid:
            return scene
