from __future__ import annotations

import math

import numpy as np
import pytest

from bench.quality.measures.pairs import mean_over_pairs
from bench.quality.measures.signal import IDENTICAL_DB, bounded_psnr, psnr
from services.errors import InvalidArgumentError
from tests.unit.bench.quality.conftest import plain


def test_equal_pictures_have_an_infinite_ratio_that_means_count_as_a_bound() -> None:
    assert psnr(plain(1, 2, 3), plain(1, 2, 3)) == math.inf
    assert bounded_psnr(plain(1, 2, 3), plain(1, 2, 3)) == IDENTICAL_DB


def test_the_ratio_is_the_formula_and_does_not_wrap_around() -> None:
    assert psnr(plain(0, 0, 0), plain(255, 255, 255)) == pytest.approx(0.0)
    assert psnr(plain(10, 10, 10), plain(0, 0, 0)) == pytest.approx(10 * math.log10(255**2 / 100))
    assert psnr(plain(0, 0, 0), plain(10, 10, 10)) == psnr(plain(10, 10, 10), plain(0, 0, 0))


def test_a_mask_keeps_the_rest_out() -> None:
    changed = plain(0, 0, 0)
    changed[:4] = 255
    below = np.zeros((8, 8), bool)
    below[4:] = True
    assert psnr(plain(0, 0, 0), changed, below) == math.inf
    assert psnr(plain(0, 0, 0), changed, ~below) == pytest.approx(0.0)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="pixel by pixel"):
        psnr(plain(0, 0, 0, side=4), plain(0, 0, 0, side=8))
    with pytest.raises(InvalidArgumentError, match="mask"):
        psnr(plain(0, 0, 0), plain(0, 0, 0), np.zeros((8, 8), bool))


def test_samples_are_compared_in_all_pairs() -> None:
    black, grey, white = plain(0, 0, 0), plain(100, 100, 100), plain(255, 255, 255)
    pairs = [bounded_psnr(black, grey), bounded_psnr(black, white), bounded_psnr(grey, white)]
    assert mean_over_pairs([black, grey, white], bounded_psnr) == pytest.approx(np.mean(pairs))
    assert mean_over_pairs([black, black, black], bounded_psnr) == IDENTICAL_DB
    with pytest.raises(InvalidArgumentError, match="at least 2"):
        mean_over_pairs([black], bounded_psnr)
