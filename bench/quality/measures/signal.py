"""Peak signal-to-noise ratio of two pictures, as bad input is told of here; as a mean over pairs it is PSNR_d."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.quality.picture import Picture
from export.signal import bounded_psnr as _bounded_psnr
from services.errors import InvalidArgumentError


def bounded_psnr(first: Picture, second: Picture, mask: NDArray[np.bool_] | None = None) -> float:
    """`export.signal.bounded_psnr`; InvalidArgumentError for other sizes, or a mask [H, W] without a pixel."""
    try:
        return _bounded_psnr(first, second, mask)
    except ValueError as error:
        raise InvalidArgumentError("pictures", str(error)) from error
