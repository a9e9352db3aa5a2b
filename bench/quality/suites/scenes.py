"""Held-out scenes: combinations and seeds that no training has seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random

from bench.quality.picture import Picture, resized
from export.training.talk import Edit, Exchange, edit_of, question_of
from export.training.world import Scene, Split, render, scene_at

NAMING = ("Where is the ", "What color is the ")


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
    """The first `number` requests on held-out scenes whose thing is named without doubt."""
    found = 0
    for index in count():
        if found == number:
            return
        scene = scene_at(Split.HELD_OUT, index)
        edit = edit_of(scene, Random(f"quality/edit/{index}"))  # noqa: S311 - a seeded world
        if edit is not None and _certain(scene, edit.request):
            found += 1
            yield Changed(scene, edit)


def questions(number: int) -> Iterator[Asked]:
    """The first `number` questions on held-out scenes that have one answer."""
    found = 0
    for index in count():
        if found == number:
            return
        scene = scene_at(Split.HELD_OUT, index)
        exchange = question_of(scene, Random(f"quality/question/{index}"))  # noqa: S311 - a seeded world
        if not exchange.question.startswith(NAMING) or _certain(scene, exchange.question):
            found += 1
            yield Asked(scene, exchange)


def _certain(scene: Scene, words: str) -> bool:
    """Whether every shape in `words` stands once in the scene."""
    shapes = [thing.shape for thing in scene.things]
    return all(shapes.count(shape) == 1 for shape in set(shapes) if shape in words)
