"""What the language model learns from: conversations made of text and pictures."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from export.training.canonical import canonical_brief
from export.training.library import Library
from export.training.prompts import (
    CHAT_OPENING,
    CHAT_REQUEST,
    DIRECT_REQUEST,
    REWRITE_ANSWER,
    REWRITE_IMAGE,
    REWRITE_REQUEST,
)
from export.training.talk.questions import question_of
from export.training.world import brief_of, dense_caption


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, or the picture in a row of the library; `learn` where the model must produce it."""

    content: str | int
    learn: bool


Turn = list[Piece]
Lesson = list[Turn]


def rewrite(library: Library, row: int, random: Random) -> Turn:
    """A brief prompt, its rewrite and the picture of the rewrite."""
    scene = library.scenes[row]
    answer = (REWRITE_ANSWER + REWRITE_IMAGE).format(dense=dense_caption(scene, random))
    request = REWRITE_REQUEST.format(brief=brief_of(scene, random).text)
    return [Piece(request, learn=False), Piece(answer, learn=True), Piece(row, learn=True)]


def direct(library: Library, row: int, random: Random) -> Turn:
    """A request painted as it stands: a dense caption, or a brief one that means its canonical scene."""
    scene = library.scenes[row]
    instruction = canonical_brief(scene) if row in library.canonical else dense_caption(scene, random)
    return [Piece(DIRECT_REQUEST.format(instruction=instruction), learn=False), Piece(row, learn=True)]


def about(library: Library, row: int, random: Random, *, shown: bool) -> Turn:
    """A question about the picture in `row`, `shown` in this turn or standing in an earlier one."""
    exchange = question_of(library.scenes[row], random)
    return [*_request(row, exchange.question, shown=shown), Piece(exchange.answer, learn=True)]


def edit(library: Library, number: int, *, shown: bool) -> Turn:
    """A request to change a picture, and the changed picture."""
    before, request, after = library.edits[number]
    return [*_request(before, request, shown=shown), Piece(after, learn=True)]


def _request(row: int, request: str, *, shown: bool) -> Turn:
    if not shown:
        return [Piece(CHAT_OPENING + request + " [/INST]\n", learn=False)]
    text = CHAT_REQUEST.format(request=request)
    return [Piece(CHAT_OPENING, learn=False), Piece(row, learn=False), Piece(text, learn=False)]


def rewriting_lesson(library: Library, random: Random) -> Lesson:
    """One turn of prompt self-rewriting."""
    return [rewrite(library, random.randrange(library.free), random)]


def other_lesson(library: Library, random: Random) -> Lesson:
    """Direct painting, a question, an edit, or a conversation of two turns."""
    kind = random.choices(("dense", "canonical", "about", "edit", "talk"), (28, 26, 22, 14, 10))[0]
    if kind == "dense":
        return [direct(library, random.randrange(library.free), random)]
    if kind == "canonical":
        return [direct(library, random.choice(library.canonical), random)]
    if kind == "about":
        return [about(library, random.randrange(library.free), random, shown=True)]
    number = random.randrange(len(library.edits))
    if kind == "edit":
        return [edit(library, number, shown=True)]
    before = library.edits[number][0]
    opening = rewrite(library, before, random) if random.random() < 0.7 else direct(library, before, random)
    second = (
        edit(library, number, shown=False) if random.random() < 0.6 else about(library, before, random, shown=False)
    )
    return [opening, second]
