"""Requests for a picture of things that stand in the words as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

from export.training.diic.dropping import Dropping
from export.training.diic.interleaved import Part, interleaved, joined
from export.training.diic.procedural import name
from export.training.subjects.sighting import Sighting
from export.training.world.captions import article, background_phrase, place
from export.training.world.scene import Scene, Thing

_OPENINGS: Final = ("", "", "Draw ", "Paint ", "Show ", "Generate a picture of ", "A picture of ")
_MANNERS: Final = ("name", "colour", "shape", "object")
_DROPPING: Final = Dropping()


def boxed_request(sighting: Sighting, random: Random) -> tuple[Part, ...]:
    """The caption in the format of WeGen, 3.2, boxes and segments left out at random; an integer is an instance."""
    kept = _DROPPING.draw(random, len(sighting.movers))
    return interleaved(sighting.caption, sighting.named, kept)


def plain_request(scene: Scene, shown: Sequence[int], random: Random) -> tuple[Part, ...]:
    """Words for `scene` in which every thing whose number is in `shown` stands as a picture, its index in `shown`.

    `a <p>striped red star</p>{0} at the top left and a plain pink ring on a plain blue background`. A shown thing is
    called by its name, by a part of it or just `this object`: the rest of its looks only the picture tells. Places,
    sizes and the background are told more often than not.
    """
    manner, marked, placed = random.choice(_MANNERS), random.random() < 0.6, random.random() < 0.75
    parts: list[Part] = [random.choice(_OPENINGS)]
    for number, thing in enumerate(scene.things):
        parts.append(_joint(number, len(scene.things)))
        if number in shown:
            parts += _shown(thing, shown.index(number), manner, random, marked=marked)
        else:
            parts.append(article(name(thing)))
        parts += [f" {place(thing.position)}"] if placed else []
    parts += [_ground(scene, random)] if random.random() < 0.85 else []
    return joined([*parts, random.choice(("", "."))])


def _shown(thing: Thing, index: int, manner: str, random: Random, *, marked: bool) -> list[Part]:
    if manner == "object":
        words, before = random.choice(("this object", "the object", "this thing")), ""
    else:
        words = {"name": name(thing), "colour": f"{thing.colour} {thing.shape}"}.get(manner, thing.shape)
        size = f"{thing.size} " if random.random() < 0.2 else ""
        before = f"{article(size + words).split()[0]} {size}"
    return [before + (f"<p>{words}</p>" if marked else words), index]


def _ground(scene: Scene, random: Random) -> str:
    full = random.random() < 0.6
    return f" on {background_phrase(scene.background) if full else article(f'{scene.background.colour} background')}"


def _joint(number: int, count: int) -> str:
    if number == 0:
        return ""
    return " and " if number == count - 1 else ", "
