"""Text to picture: by prompt self-rewriting, or at once."""

from __future__ import annotations

from random import Random

from export.training.canonical import canonical_brief
from export.training.lessons.lesson import Lesson, Piece, Turn
from export.training.lessons.turns import painted
from export.training.library import Library
from export.training.prompts import DIRECT_REQUEST, REWRITE_REQUEST
from export.training.world import brief_of, dense_caption

_STYLED = 0.25
_CANONICAL = 0.45


def rewritten(library: Library, row: int, random: Random) -> Turn:
    """A brief prompt, its rewrite and the picture of the rewrite."""
    scene = library.scene(row)
    request = REWRITE_REQUEST.format(brief=brief_of(scene, random).text)
    return [Piece(request, learn=False), *painted(scene, row, random)]


def direct(library: Library, row: int, random: Random) -> Turn:
    """A request painted as it stands: a dense caption, or a brief one that means its canonical scene."""
    scene = library.scene(row)
    instruction = canonical_brief(scene) if row in library.canonical else dense_caption(scene, random)
    return [Piece(DIRECT_REQUEST.format(instruction=instruction), learn=False), Piece(row, learn=True)]


def scene_row(library: Library, random: Random) -> int:
    """A row of a flat scene or, for one in four, a styled one."""
    return random.choice(library.styled if random.random() < _STYLED else library.flat)


def rewriting_lesson(library: Library, random: Random) -> Lesson:
    """One turn of prompt self-rewriting."""
    return [rewritten(library, scene_row(library, random), random)]


def direct_lesson(library: Library, random: Random) -> Lesson:
    """One picture painted at once."""
    canonical = random.random() < _CANONICAL
    return [direct(library, random.choice(library.canonical) if canonical else scene_row(library, random), random)]
