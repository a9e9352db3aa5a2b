"""Shapes as implicit regions of the unit disc: x to the right, y downwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float64]
Mask = NDArray[np.bool_]

_STAR_POINTS: Final = 5
_STAR_INNER: Final = 0.42


def _circle(x: Plane, y: Plane) -> Mask:
    return np.less_equal(np.hypot(x, y), 1.0)


def _square(x: Plane, y: Plane) -> Mask:
    return (np.abs(x) <= 0.86) & (np.abs(y) <= 0.86)


def _triangle(x: Plane, y: Plane) -> Mask:
    return (y <= 0.8) & (np.abs(x) <= (y + 0.95) / 1.75)


def _diamond(x: Plane, y: Plane) -> Mask:
    return np.abs(x) <= 0.78 * (1.0 - np.abs(y))


def _ring(x: Plane, y: Plane) -> Mask:
    radius = np.hypot(x, y)
    return (radius <= 1.0) & (radius >= 0.52)


def _star(x: Plane, y: Plane) -> Mask:
    """A five-pointed star: inside the line from an outer to the neighbouring inner corner, by symmetry."""
    half = np.pi / _STAR_POINTS
    angle = np.abs((np.arctan2(x, -y) + half) % (2 * half) - half)
    radius = np.hypot(x, y)
    inner_x, inner_y = _STAR_INNER * np.cos(half), _STAR_INNER * np.sin(half)
    across, along = radius * np.sin(angle), radius * np.cos(angle)
    beyond: Plane = (along - 1.0) * inner_y - across * (inner_x - 1.0)
    return beyond <= 0.0


def _heart(x: Plane, y: Plane) -> Mask:
    scaled_x, scaled_y = x * 1.22, -y * 1.22 + 0.08
    return (scaled_x**2 + scaled_y**2 - 1.0) ** 3 - scaled_x**2 * scaled_y**3 <= 0.0


def _cross(x: Plane, y: Plane) -> Mask:
    wide, tall = np.abs(x), np.abs(y)
    return (np.minimum(wide, tall) <= 0.32) & (np.maximum(wide, tall) <= 0.95)


SHAPE_REGIONS: Final[dict[str, Callable[[Plane, Plane], Mask]]] = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "diamond": _diamond,
    "ring": _ring,
    "star": _star,
    "heart": _heart,
    "cross": _cross,
}


def inside(shape: str, x: Plane, y: Plane) -> Mask:
    """Which points, in units of the shape's radius from its centre, belong to `shape`."""
    return SHAPE_REGIONS[shape](x, y)
