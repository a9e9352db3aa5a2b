"""A clip of two squares and sources that know it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from export.training.diic.box import Box
from export.training.diic.caption import Caption, caption_of
from export.training.diic.sources import Mask, Pixels, RewritePair, Sources

HEIGHT, WIDTH, FRAMES = 60, 80, 4
RED, BLUE, GREY = (200, 20, 20), (20, 20, 200), (90, 90, 90)


class SquareEye:
    """Sees the red and the blue square by their colours; knows no yellow one."""

    def caption(self, frame: Pixels) -> Caption:
        pieces = [("A red square", True), (" beside ", False), ("a blue square", True), (" and ", False)]
        return caption_of([*pieces, ("a yellow one", True), (".", False)])

    def boxes(self, frame: Pixels, phrases: Sequence[str]) -> list[Box | None]:
        colours = {"A red square": RED, "a blue square": BLUE}
        return [Box.around(self._mask(frame, colours[p])) if p in colours else None for p in phrases]

    def track(self, clip: Pixels, boxes: Sequence[Box]) -> Mask:
        points = [clip[0, int(box.top), int(box.left)] for box in boxes]
        return np.stack([np.stack([self._mask(frame, point) for frame in clip]) for point in points])

    def describe(self, frame: Pixels) -> RewritePair:
        return RewritePair("two squares", "A red square beside a blue square, both small, on a grey ground.")

    def _mask(self, frame: Pixels, colour: Sequence[int] | Pixels) -> Mask:
        return np.asarray((np.abs(frame.astype(int) - np.asarray(colour, int)) < 40).all(-1))


@pytest.fixture
def clip() -> Pixels:
    """The squares drift apart, [4, 60, 80, 3]."""
    frames = np.empty((FRAMES, HEIGHT, WIDTH, 3), np.uint8)
    frames[:] = GREY
    for index, frame in enumerate(frames):
        frame[10 + index : 26 + index, 20:36] = RED
        frame[30:46, 40 + 2 * index : 56 + 2 * index] = BLUE
    return frames


@pytest.fixture
def sources() -> Sources:
    eye = SquareEye()
    return Sources(eye, eye, eye, eye)
