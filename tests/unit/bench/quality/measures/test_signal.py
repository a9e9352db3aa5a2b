from __future__ import annotations

import numpy as np
import pytest

from bench.quality.measures.pairs import mean_over_pairs
from bench.quality.measures.signal import bounded_psnr
from export.signal import IDENTICAL_DB
from services.errors import InvalidArgumentError
from tests.unit.bench.quality.conftest import plain


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="pixel by pixel"):
        bounded_psnr(plain(0, 0, 0, side=4), plain(0, 0, 0, side=8))
    with pytest.raises(InvalidArgumentError, match="mask"):
        bounded_psnr(plain(0, 0, 0), plain(0, 0, 0), np.zeros((8, 8), bool))


def test_samples_are_compared_in_all_pairs() -> None:
    black, grey, white = plain(0, 0, 0), plain(100, 100, 100), plain(255, 255, 255)
    pairs = [bounded_psnr(black, grey), bounded_psnr(black, white), bounded_psnr(grey, white)]
    assert mean_over_pairs([black, grey, white], bounded_psnr) == pytest.approx(np.mean(pairs))
    assert mean_over_pairs([black, black, black], bounded_psnr) == IDENTICAL_DB
    with pytest.raises(InvalidArgumentError, match="at least 2"):
        mean_over_pairs([black], bounded_psnr)
