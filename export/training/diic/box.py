"""Boxes in pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels from the top left corner; `right` and `bottom` are the first outside it.

    ValueError where it has no area.
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (self.left < self.right and self.top < self.bottom):
            raise ValueError(f"box {self.corners} has no area")

    @classmethod
    def around(cls, mask: NDArray[np.bool_]) -> Box | None:
        """The smallest box that holds `mask` [H, W], or None where it is empty."""
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        if not len(rows):
            return None
        return cls(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        return self.left, self.top, self.right, self.bottom

    @property
    def width(self) -> float:
        """Pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * self.height

    def within(self, height: int, width: int) -> Box | None:
        """The part inside a picture of `height` x `width` pixels, or None where there is none."""
        left, right = (min(max(value, 0.0), float(width)) for value in (self.left, self.right))
        top, bottom = (min(max(value, 0.0), float(height)) for value in (self.top, self.bottom))
        return Box(left, top, right, bottom) if left < right and top < bottom else None

    def overlap(self, other: Box) -> float:
        """Intersection over union, 0 to 1."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        shared = max(0.0, width) * max(0.0, height)
        return shared / (self.area + other.area - shared)
