"""Peak signal-to-noise ratio of two pictures."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

# The ratio of equal pictures is infinite; a mean over pairs needs a number, and no 8-bit picture of up to 153,000
# values that differs in one of them by 1 comes above this.
IDENTICAL_DB = 100.0


def psnr(first: NDArray[np.uint8], second: NDArray[np.uint8], mask: NDArray[np.bool_] | None = None) -> float:
    """10 log10(255^2 / mean square difference) in dB, infinite for equal pictures.

    Args:
        first: A picture [H, W, 3].
        second: Another of the same size.
        mask: The pixels [H, W] that count; all by default.

    Raises:
        ValueError: The sizes differ, or the mask is empty.
    """
    if first.shape != second.shape:
        raise ValueError(f"{first.shape} and {second.shape} cannot be compared pixel by pixel")
    squares = (first.astype(np.float64) - second.astype(np.float64)) ** 2
    if mask is not None:
        if not mask.any():
            raise ValueError("the mask holds no pixel")
        squares = squares[mask]
    error = float(squares.mean())
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def bounded_psnr(first: NDArray[np.uint8], second: NDArray[np.uint8], mask: NDArray[np.bool_] | None = None) -> float:
    """`psnr`, at most `IDENTICAL_DB`: what means are taken of."""
    return min(psnr(first, second, mask), IDENTICAL_DB)
