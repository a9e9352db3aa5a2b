"""Whether a rewrite keeps what its brief says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from export.training.world import (
    BACKGROUND_COLOURS,
    OBJECT_COLOURS,
    POSITIONS,
    SHAPES,
    SIZES,
    STYLES,
    TEXTURES,
    Background,
    Brief,
    Scene,
    Thing,
)


def _one_of(names: object) -> str:
    return "(" + "|".join(sorted(map(str, names), key=len, reverse=True)) + ")"  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True)
class Grammar:
    """Patterns of a dense caption's three kinds of phrase."""

    thing: re.Pattern[str]
    background: tuple[re.Pattern[str], ...]
    style: re.Pattern[str]

    @classmethod
    def of_world(cls) -> Grammar:
        """The patterns `dense_caption` writes."""
        kind = rf"{_one_of(SIZES)} {_one_of(TEXTURES)} {_one_of(OBJECT_COLOURS)} {_one_of(SHAPES)}"
        surface = rf"{_one_of(TEXTURES)} {_one_of(BACKGROUND_COLOURS)}"
        return cls(
            re.compile(rf"{kind} (?:at|in) the {_one_of(POSITIONS)}"),
            (re.compile(rf"{surface} background"), re.compile(rf"background is {surface}")),
            re.compile(rf"in {_one_of(STYLES)} style"),
        )


def parse_dense(text: str, grammar: Grammar) -> Scene | None:
    """The scene a dense caption describes, or None where it names no thing or no background."""
    things = [
        Thing(shape, colour, size, position, texture)
        for size, texture, colour, shape, position in grammar.thing.findall(text)
    ]
    found = [match for pattern in grammar.background for match in pattern.findall(text)]
    if not things or not found:
        return None
    texture, colour = found[0]
    style = grammar.style.search(text)
    return Scene(tuple(things), Background(colour, texture), style[1] if style else "flat")


def keeps_facts(brief: Brief, dense: Scene | None) -> bool:
    """Whether a rewrite has the brief's style and exactly its things, and its background where it states one.

    Things are compared by colour and shape.
    """
    if dense is None:
        return False
    asked, told = ({(thing.colour, thing.shape) for thing in scene.things} for scene in (brief.scene, dense))
    behind = not brief.background or dense.background.colour == brief.scene.background.colour
    drawn = dense.style == brief.scene.style and behind
    return drawn and asked == told and len(dense.things) == len(brief.scene.things)
