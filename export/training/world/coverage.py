"""How much of each pixel a shape covers, and how it is painted over what lies behind."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from export.training.world.shapes import Mask, inside

Box = tuple[slice, slice]

_SAMPLES: Final = 3


def covered_share(
    shape: str, box: Box, centre: tuple[float, float], radius: float, angle: float = 0.0
) -> NDArray[np.float64]:
    """The share of each pixel of `box` (rows, columns) that `shape` covers, by 3 x 3 samples, [rows, columns].

    `centre` (x, y) and `radius` are pixels, `angle` radians, clockwise on the screen.
    """
    return _shares(_covered(shape, box, centre, radius, angle))


def stroke_share(shape: str, box: Box, centre: tuple[float, float], radius: float, width: float) -> NDArray[np.float64]:
    """The share of each pixel of `box` that a stroke of `width` pixels along the rim of `shape` covers.

    The stroke is rounded at corners and reaches as far out as the filled shape of `radius` pixels does.
    """
    margin = math.ceil(width)
    # A rim beyond the box still has its stroke's other half inside.
    rows, columns = (slice(span.start - margin, span.stop + margin) for span in box)
    filled = _covered(shape, (rows, columns), centre, radius - width / 2, 0.0)
    away = ndimage.distance_transform_edt(filled) + ndimage.distance_transform_edt(~filled) - 0.5
    return _shares(away <= width / 2 * _SAMPLES)[margin:-margin, margin:-margin]


def _covered(shape: str, box: Box, centre: tuple[float, float], radius: float, angle: float) -> Mask:
    """Which of the box's samples, 3 x 3 a pixel, lie inside the shape."""
    rows, columns = box
    across, down = np.meshgrid(_samples(columns, centre[0], radius), _samples(rows, centre[1], radius))
    cosine, sine = math.cos(angle), math.sin(angle)
    # Looking up the upright shape means turning the picture's points back.
    return inside(shape, across * cosine + down * sine, down * cosine - across * sine)


def _shares(samples: Mask) -> NDArray[np.float64]:
    height, width = (count // _SAMPLES for count in samples.shape)
    return np.asarray(samples.astype(np.float64).reshape(height, _SAMPLES, width, _SAMPLES).mean((1, 3)))


def _samples(span: slice, centre: float, radius: float) -> NDArray[np.float64]:
    points = np.arange(span.start * _SAMPLES, span.stop * _SAMPLES)
    return ((points + 0.5) / _SAMPLES - centre) / radius


def blend(picture: NDArray[np.float64], box: Box, share: NDArray[np.float64], paint: NDArray[np.float64]) -> None:
    """Cover `share` [rows, columns] of each pixel of `box` in `picture` [H, W, 3] with `paint` [H, W, 3], in place."""
    alpha = share[..., None]
    picture[box] = picture[box] * (1.0 - alpha) + paint[box] * alpha
