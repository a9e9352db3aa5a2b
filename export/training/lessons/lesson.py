"""Lessons: turns of text and pictures, and which of it the model must produce."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, or the picture in a row of the library; `learn` where the model must produce it."""

    content: str | int
    learn: bool


Turn = list[Piece]
Lesson = list[Turn]


def remembered(turn: Turn) -> Turn:
    """A turn that later ones follow: its words are still learned, its pictures only read.

    The features a picture is learned with are partly wrong, to be painted over; what a later turn is about must be
    as it is remembered, true.
    """
    return [piece if isinstance(piece.content, str) else replace(piece, learn=False) for piece in turn]
