from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg

from bench.quality.measures.frechet import Moments, frechet_distance
from services.errors import InvalidArgumentError

MIX = np.random.default_rng(1).normal(size=(6, 6))
ROWS = np.asarray(np.random.default_rng(0).normal(size=(400, 6)) @ MIX + 50, dtype=np.float64)


def test_moments_are_numpys_however_the_rows_come() -> None:
    whole, parts = Moments.of([ROWS]), Moments.of([ROWS[:7], ROWS[7:8], ROWS[8:]])
    for moments in (whole, parts):
        assert moments.count == 400
        np.testing.assert_allclose(moments.mean, ROWS.mean(0))
        np.testing.assert_allclose(moments.covariance, np.cov(ROWS, rowvar=False))


def test_equal_sets_are_at_no_distance_and_a_shift_counts_in_full() -> None:
    here = Moments.of([ROWS])
    assert frechet_distance(here, here) == pytest.approx(0, abs=1e-6)
    distances = [frechet_distance(here, Moments.of([ROWS + shift])) for shift in (0.5, 1.0, 2.0)]
    assert distances == pytest.approx([6 * 0.25, 6 * 1.0, 6 * 4.0], abs=1e-6)


def test_covariances_count_as_in_the_closed_form() -> None:
    first = Moments(10, np.zeros(2), np.diag([4.0, 9.0]))
    second = Moments(10, np.zeros(2), np.diag([1.0, 1.0]))
    assert frechet_distance(first, second) == pytest.approx((2 - 1) ** 2 + (3 - 1) ** 2)


def test_it_is_what_scipys_matrix_root_gives() -> None:
    first, second = Moments.of([ROWS[:200]]), Moments.of([ROWS[200:, ::-1] * 1.3])
    root = linalg.sqrtm(first.covariance @ second.covariance).real
    expected = ((first.mean - second.mean) ** 2).sum() + np.trace(first.covariance + second.covariance - 2 * root)
    assert frechet_distance(first, second) == pytest.approx(expected)
    assert frechet_distance(second, first) == pytest.approx(expected)


def test_fewer_features_than_channels_still_give_a_number() -> None:
    few = Moments.of([ROWS[:3]])
    assert frechet_distance(few, few) == pytest.approx(0, abs=1e-6)


def test_what_has_no_distance_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="at least 2"):
        Moments.of([ROWS[:1]])
    with pytest.raises(InvalidArgumentError, match="at least 2"):
        Moments.of([])
    with pytest.raises(InvalidArgumentError, match="widths 6 and 5"):
        frechet_distance(Moments.of([ROWS]), Moments.of([ROWS[:, :5]]))
