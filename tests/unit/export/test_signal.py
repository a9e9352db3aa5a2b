from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from export.signal import IDENTICAL_DB, bounded_psnr, psnr


def plain(level: int, side: int = 8) -> NDArray[np.uint8]:
    return np.full((side, side, 3), level, np.uint8)


def test_equal_pictures_have_an_infinite_ratio_that_means_count_as_a_bound() -> None:
    assert psnr(plain(1), plain(1)) == math.inf
    assert bounded_psnr(plain(1), plain(1)) == IDENTICAL_DB


def test_the_ratio_is_the_formula_and_does_not_wrap_around() -> None:
    assert psnr(plain(0), plain(255)) == pytest.approx(0.0)
    assert psnr(plain(10), plain(0)) == pytest.approx(10 * math.log10(255**2 / 100))
    assert psnr(plain(0), plain(10)) == psnr(plain(10), plain(0))


def test_a_mask_keeps_the_rest_out() -> None:
    changed = plain(0)
    changed[:4] = 255
    below = np.zeros((8, 8), bool)
    below[4:] = True
    assert psnr(plain(0), changed, below) == math.inf
    assert psnr(plain(0), changed, ~below) == pytest.approx(0.0)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="pixel by pixel"):
        psnr(plain(0, side=4), plain(0, side=8))
    with pytest.raises(ValueError, match="the mask holds no pixel"):
        psnr(plain(0), plain(0), np.zeros((8, 8), bool))
