"""Samples as lessons for the language model."""

from __future__ import annotations

from collections.abc import Sequence

from export.training.diic.interleaved import Part, joined
from export.training.diic.sources import RewritePair
from export.training.lessons.lesson import Lesson, Piece
from export.training.prompts import DIRECT_REQUEST, REWRITE_ANSWER, REWRITE_IMAGE, REWRITE_REQUEST


def painting_request(parts: Sequence[Part]) -> tuple[Part, ...]:
    """A request to paint what interleaved parts say."""
    before, after = DIRECT_REQUEST.split("{instruction}")
    return joined([before, *parts, after])


def instance_lesson(parts: Sequence[Part], segments: Sequence[int], target: int) -> Lesson:
    """A request with boxes and segments in it, answered by frame x_1.

    `segments` are the library's rows of the instances' segments, `target` that of the frame.
    """
    request = painting_request(parts)
    pieces = [Piece(part if isinstance(part, str) else segments[part], learn=False) for part in request]
    return [[*pieces, Piece(target, learn=True)]]


def rewrite_lesson(rewrite: RewritePair, target: int) -> Lesson:
    """A brief prompt, its rewrite and the frame in row `target` of the library (WeGen, 3.3)."""
    answer = (REWRITE_ANSWER + REWRITE_IMAGE).format(dense=rewrite.dense)
    request = REWRITE_REQUEST.format(brief=rewrite.brief)
    return [[Piece(request, learn=False), Piece(answer, learn=True), Piece(target, learn=True)]]
