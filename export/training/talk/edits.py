"""Requests that change one thing about a scene and leave the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random
from typing import Any, Final

from export.training.talk.naming import noun_of
from export.training.world.captions import article, place
from export.training.world.palette import BACKGROUND_COLOURS, OBJECT_COLOURS
from export.training.world.scene import MOST_THINGS, POSITIONS, SHAPES, SIZES, TEXTURES, Scene, Thing

# What an added thing is where the request does not say.
_USUAL_SIZE: Final = "medium"
_USUAL_TEXTURE: Final = "plain"


class EditKind(StrEnum):
    """What a request changes."""

    RECOLOUR = "recolour"
    MOVE = "move"
    RESIZE = "resize"
    ADD = "add"
    REMOVE = "remove"
    BACKGROUND = "background"


@dataclass(frozen=True, slots=True)
class Edit:
    """A request and the scene that answers it: things keep their order, an added one comes last."""

    request: str
    result: Scene
    kind: EditKind


def edit_of(scene: Scene, random: Random, kind: EditKind | None = None) -> Edit | None:
    """A request to change `scene` whose result is valid too, of any kind where none is given.

    None where no change of that kind is possible: a lone thing cannot be removed, a fourth one not added. ValueError
    for a scene that is not valid.
    """
    if not scene.is_valid:
        raise ValueError(f"scene {scene} is not valid, so no request can name what to change without doubt")
    impossible = {EditKind.ADD: len(scene.things) == MOST_THINGS, EditKind.REMOVE: len(scene.things) == 1}
    chosen = kind or random.choice([each for each in EditKind if not impossible.get(each)])
    if impossible.get(chosen):
        return None
    request, result = _EDITS[chosen](scene, random)
    return Edit(request, result, chosen)


def _recolour(scene: Scene, random: Random) -> tuple[str, Scene]:
    requests = ("Make the {} {}.", "Change the color of the {} to {}.", "Turn the {} {}.", "Paint the {} {}.")
    thing, colour, result = random.choice(_changes(scene, "colour", OBJECT_COLOURS))
    return random.choice(requests).format(noun_of(thing, scene), colour), result


def _move(scene: Scene, random: Random) -> tuple[str, Scene]:
    thing, position, result = random.choice(_changes(scene, "position", POSITIONS))
    towards, there = f"to the {position}", place(position)
    requests = (f"Move the {{}} {towards}.", f"Shift the {{}} {towards}.", f"Put the {{}} {there}.")
    return random.choice(requests).format(noun_of(thing, scene)), result


def _resize(scene: Scene, random: Random) -> tuple[str, Scene]:
    thing, size, result = random.choice(_changes(scene, "size", SIZES))
    requests = [f"Make the {{}} {size}.", f"Change the size of the {{}} to {size}.", f"Draw the {{}} {size}."]
    step = list(SIZES).index(size) - list(SIZES).index(thing.size)
    if abs(step) == 1:
        # Bigger and smaller mean one step.
        requests += [f"Make the {{}} {'bigger' if step > 0 else 'smaller'}."] * 2
    return random.choice(requests).format(noun_of(thing, scene)), result


def _changes(scene: Scene, attribute: str, values: Iterable[str]) -> list[tuple[Thing, str, Scene]]:
    """Every valid scene in which one thing has another value of `attribute`, with that thing and value."""
    found = []
    for index, thing in enumerate(scene.things):
        for value in values:
            change: dict[str, Any] = {attribute: value}
            things = (*scene.things[:index], replace(thing, **change), *scene.things[index + 1 :])
            result = replace(scene, things=things)
            if value != getattr(thing, attribute) and result.is_valid:
                found.append((thing, value, result))
    return found


def _add(scene: Scene, random: Random) -> tuple[str, Scene]:
    added = _addition(scene, random)
    size = "" if added.size == _USUAL_SIZE else f"{added.size} "
    texture = "" if added.texture == _USUAL_TEXTURE else f"{added.texture} "
    requests = ("Add {} {}.", "Put {} {}.", "Draw {} {} too.", "I also want {} {}.")
    phrase = article(f"{size}{texture}{added.colour} {added.shape}")
    return random.choice(requests).format(phrase, place(added.position)), _with(scene, added)


def _addition(scene: Scene, random: Random) -> Thing:
    """A thing for which there is room, of the usual size and texture as often as not."""
    size = random.choice((*SIZES, _USUAL_SIZE))
    texture = _USUAL_TEXTURE if scene.style == "outline" else random.choice((*TEXTURES, _USUAL_TEXTURE))
    pairs = [(shape, colour) for shape in SHAPES for colour in OBJECT_COLOURS]
    random.shuffle(pairs)
    positions = random.sample(list(POSITIONS), len(POSITIONS))
    things = (Thing(shape, colour, size, where, texture) for where in positions for shape, colour in pairs)
    return next(thing for thing in things if _with(scene, thing).is_valid)


def _with(scene: Scene, added: Thing) -> Scene:
    return replace(scene, things=(*scene.things, added))


def _remove(scene: Scene, random: Random) -> tuple[str, Scene]:
    removed = random.choice(scene.things)
    requests = ("Remove the {}.", "Delete the {}.", "Erase the {}.", "Take the {} away.")
    result = replace(scene, things=tuple(thing for thing in scene.things if thing is not removed))
    return random.choice(requests).format(noun_of(removed, scene)), result


def _background(scene: Scene, random: Random) -> tuple[str, Scene]:
    colours = [colour for colour in BACKGROUND_COLOURS if colour != scene.background.colour]
    results = [replace(scene, background=replace(scene.background, colour=colour)) for colour in colours]
    result = random.choice([result for result in results if result.is_valid])
    requests = ("Make the background {}.", "Change the background to {}.", "Turn the background {}.")
    return random.choice(requests).format(result.background.colour), result


_EDITS: Final = {
    EditKind.RECOLOUR: _recolour,
    EditKind.MOVE: _move,
    EditKind.RESIZE: _resize,
    EditKind.ADD: _add,
    EditKind.REMOVE: _remove,
    EditKind.BACKGROUND: _background,
}
