"""Boxes as the model reads them: `<loc-i>` tokens on a grid of 224 x 224 cells, whatever the picture's size."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass
from typing import Final

from services.gateway.wish import Box

GRID: Final = 224
# A share such as 3/224 that was rounded on its way must not reach into the next cell.
_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Location:
    """Column and row of the first cell that a box touches, then of the last; each 0 to 223."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def cells(self) -> tuple[int, int, int, int]:
        """All four, in the order of their tokens."""
        return astuple(self)


def located(box: Box) -> Location:
    """The cells that `box` touches."""
    return Location(_first(box.left), _first(box.top), _last(box.right), _last(box.bottom))


def _first(edge: float) -> int:
    return min(GRID - 1, math.floor(round(edge * GRID, _DIGITS)))


def _last(edge: float) -> int:
    return max(0, math.ceil(round(edge * GRID, _DIGITS)) - 1)
