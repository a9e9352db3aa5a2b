"""Turns in the words of the templates: what a person says, and what the model answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from export.training.diic.interleaved import Part, joined
from export.training.lessons.lesson import Piece, Turn
from export.training.prompts import CHAT_CLOSING, CHAT_OPENING, REWRITE_ANSWER, REWRITE_IMAGE
from export.training.world import POSITIONS, Scene, dense_caption

_PICTURE_LAST = 0.15


def asked(content: Sequence[Part]) -> Turn:
    """A person's message, words and rows of the library, in the chat template.

    Texts have no blank edges, words after a picture stand one space off, and neighbouring texts are one: a tokenizer
    spaces texts it is given apart.
    """
    parts: list[Part] = [CHAT_OPENING]
    for number, part in enumerate(content):
        text = part.strip() if isinstance(part, str) else ""
        spaced = f" {text}" if number and text[:1].isalnum() else text
        parts.append(spaced if isinstance(part, str) else part)
    return [Piece(part, learn=False) for part in joined([*parts, CHAT_CLOSING])]


def beside(row: int | None, request: str, random: Random) -> Turn:
    """A request with the picture it is about, mostly before it; None where that stands in an earlier turn."""
    if row is None:
        return asked([request])
    return asked([request, row] if random.random() < _PICTURE_LAST else [row, request])


def told(text: str) -> Turn:
    """An answer in words."""
    return [Piece(text, learn=True)]


def in_reading_order(scene: Scene) -> Scene:
    """The same picture, its things named from the top left to the bottom right.

    In what order a person names things cannot be seen in a picture; what is told from one keeps to an order that can.
    """
    places = list(POSITIONS)
    return replace(scene, things=tuple(sorted(scene.things, key=lambda thing: places.index(thing.position))))


def painted(scene: Scene, row: int, random: Random) -> Turn:
    """The picture of `scene` in `row` as an answer, described before it is painted as in prompt self-rewriting.

    A picture's features follow from what comes before them without any choice. What a request leaves open, the model
    must choose in words (WeGen, 3.3); and what it has put into words, it paints in the same way for every task.
    """
    answer = (REWRITE_ANSWER + REWRITE_IMAGE).format(dense=dense_caption(scene, random))
    return [Piece(answer, learn=True), Piece(row, learn=True)]
