"""Held-out scenes: combinations and seeds that no training has seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random

from bench.quality.picture import Picture, resized
from export.training.talk.edits import Edit, EditKind, edit_of
from export.training.talk.questions import Exchange, question_of
from export.training.world import Scene, Split, render, scene_at

_KINDS = (EditKind.RECOLOUR, EditKind.BACKGROUND)


@dataclass(frozen=True, slots=True)
class Changed:
    """A scene and a request to change it."""

    scene: Scene
    edit: Edit


@dataclass(frozen=True, slots=True)
class Asked:
    """A scene and a question about it."""

    scene: Scene
    exchange: Exchange


def scenes(number: int) -> Iterator[Scene]:
    """The first `number` held-out scenes."""
    return (scene_at(Split.HELD_OUT, index) for index in range(number))


def painted(scene: Scene, side: int) -> Picture:
    """A scene's true picture, [side, side, 3]."""
    return resized(render(scene), side)


def edits(number: int) -> Iterator[Changed]:
    """The first `number` requests on held-out scenes, for new colours of things and backgrounds."""
    found = 0
    for index in count():
        if found == number:
            return
        scene = scene_at(Split.HELD_OUT, index)
        random = Random(f"quality/edit/{index}")  # noqa: S311 - a seeded world
        edit = edit_of(scene, random, random.choice(_KINDS))
        if edit is not None:
            found += 1
            yield Changed(scene, edit)


def questions(number: int) -> Iterator[Asked]:
    """The first `number` questions on held-out scenes."""
    for index in range(number):
        scene = scene_at(Split.HELD_OUT, index)
        yield Asked(scene, question_of(scene, Random(f"quality/question/{index}")))  # noqa: S311 - a seeded world
