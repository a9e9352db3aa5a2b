"""How much of each pixel a shape covers, and how it is painted over what lies behind."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from export.training.world.shapes import inside

Box = tuple[slice, slice]

_SAMPLES: Final = 3


def covered_share(
    shape: str, box: Box, centre: tuple[float, float], radius: float, angle: float = 0.0
) -> NDArray[np.float64]:
    """The share of each pixel of `box` (rows, columns) that `shape` covers, by 3 x 3 samples, [rows, columns].

    `centre` (x, y) and `radius` are pixels, `angle` radians, clockwise on the screen.
    """
    rows, columns = box
    across, down = np.meshgrid(_samples(columns, centre[0], radius), _samples(rows, centre[1], radius))
    cosine, sine = math.cos(angle), math.sin(angle)
    # Looking up the upright shape means turning the picture's points back.
    covered = inside(shape, across * cosine + down * sine, down * cosine - across * sine).astype(np.float64)
    height, width = rows.stop - rows.start, columns.stop - columns.start
    return np.asarray(covered.reshape(height, _SAMPLES, width, _SAMPLES).mean((1, 3)))


def _samples(span: slice, centre: float, radius: float) -> NDArray[np.float64]:
    points = np.arange(span.start * _SAMPLES, span.stop * _SAMPLES)
    return ((points + 0.5) / _SAMPLES - centre) / radius


def blend(picture: NDArray[np.float64], box: Box, share: NDArray[np.float64], paint: NDArray[np.float64]) -> None:
    """Cover `share` [rows, columns] of each pixel of `box` in `picture` [H, W, 3] with `paint` [H, W, 3], in place."""
    alpha = share[..., None]
    picture[box] = picture[box] * (1.0 - alpha) + paint[box] * alpha
