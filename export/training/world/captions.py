"""Captions: briefs that leave most of a scene open, and dense captions that fix all of it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from export.training.world.scene import POSITIONS, Background, Scene, Thing

_OPENINGS = ("", "", "", "", "", "", "a picture of ", "an image of ", "a drawing of ")


@dataclass(frozen=True, slots=True)
class Brief:
    """A short prompt, and which facts it states.

    `scene` is the scene it was taken from; shape and colour of every thing are always stated, so is a style that is
    not flat, the background's colour when `background` is set.
    """

    text: str
    scene: Scene
    background: bool


def article(noun: str) -> str:
    """The noun with `a` or `an` before it."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def place(position: str) -> str:
    """A position as a phrase: `at the top left`."""
    return "in the center" if position == "center" else f"at the {position}"


def relation(first: Thing, second: Thing) -> str | None:
    """How `first` stands to `second`, or None where no single word is true."""
    (x1, y1), (x2, y2) = POSITIONS[first.position], POSITIONS[second.position]
    if y1 == y2:
        return "to the left of" if x1 < x2 else "to the right of"
    if x1 == x2:
        return "above" if y1 < y2 else "below"
    return None


def _brief_thing(random: Random, thing: Thing, *, placed: bool) -> str:
    size = f"{thing.size} " if random.random() < 0.2 else ""
    texture = f"{thing.texture} " if random.random() < 0.15 else ""
    phrase = article(f"{size}{texture}{thing.colour} {thing.shape}")
    return f"{phrase} {place(thing.position)}" if placed else phrase


def _brief_things(random: Random, things: tuple[Thing, ...]) -> str:
    related = relation(*things) if len(things) == 2 else None
    if related and random.random() < 0.3:
        first, second = (_brief_thing(random, thing, placed=False) for thing in things)
        return f"{first} {related} {second}"
    placed = random.random() < 0.2
    phrases = [_brief_thing(random, thing, placed=placed) for thing in things]
    return " and ".join([", ".join(phrases[:-1]), phrases[-1]] if len(phrases) > 1 else phrases)


def background_phrase(background: Background) -> str:
    """A background in full: `a striped blue background`."""
    return article(f"{background.texture} {background.colour} background")


def style_phrase(style: str) -> str:
    """How a caption ends: `, in pastel style`; a flat picture's style goes without saying."""
    return "" if style == "flat" else f", in {style} style"


def brief_of(scene: Scene, random: Random) -> Brief:
    """A short prompt that `scene` satisfies, in varied wording."""
    text = random.choice(_OPENINGS) + _brief_things(random, scene.things)
    background = random.random() < 0.4
    if background:
        texture = f"{scene.background.texture} " if random.random() < 0.2 else ""
        text += f" on {article(f'{texture}{scene.background.colour} background')}"
    return Brief(text + style_phrase(scene.style), scene, background)


def dense_thing(thing: Thing) -> str:
    """A thing in full: `a small plain green star at the bottom right`."""
    return f"{article(f'{thing.size} {thing.texture} {thing.colour} {thing.shape}')} {place(thing.position)}"


def dense_caption(scene: Scene, random: Random) -> str:
    """A caption that fixes every attribute of the scene, so that one picture answers to it."""
    phrases = [dense_thing(thing) for thing in scene.things]
    things = ", ".join(phrases[:-1]) + " and " + phrases[-1] if len(phrases) > 1 else phrases[0]
    things = things[0].upper() + things[1:]
    style = style_phrase(scene.style)
    if random.random() < 0.5:
        return f"{things} on {background_phrase(scene.background)}{style}."
    return f"{things}. The background is {scene.background.texture} {scene.background.colour}{style}."
