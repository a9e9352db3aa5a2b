from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.measures import Bound, Series, Target, paired_ratio, percentile

positive = st.floats(0.001, 1e6)


def test_a_series_tells_its_median_and_range() -> None:
    series = Series((3.0, 1.0, 2.0, 10.0), "s")
    assert (series.median, series.low, series.high) == (2.5, 1.0, 10.0)


def test_an_empty_series_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Series((), "s")


def test_a_ratio_pairs_neighbours_so_a_slow_spell_of_the_machine_cancels() -> None:
    ours, theirs = Series((20.0, 10.0, 2.0), "1/s"), Series((10.0, 5.0, 1.0), "1/s")
    assert paired_ratio(ours, theirs) == Series((2.0, 2.0, 2.0), "x")


@pytest.mark.parametrize("theirs", [(1.0,), (1.0, 0.0), (1.0, -1.0)])
def test_what_does_not_pair_has_no_ratio(theirs: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"paired|above 0"):
        paired_ratio(Series((1.0, 2.0), "s"), Series(theirs, "s"))


@given(st.lists(positive, min_size=1, max_size=30), st.floats(0.5, 100))
def test_a_percentile_is_a_measured_value_with_enough_at_or_below_it(values: list[float], percent: float) -> None:
    found = percentile(values, percent)
    below = sum(value <= found for value in values)
    assert found in values
    assert below >= len(values) * percent / 100
    assert all(value >= found or sum(v <= value for v in values) < len(values) * percent / 100 for value in values)


@given(st.lists(positive, min_size=1, max_size=15).filter(lambda values: len(values) % 2 == 1))
def test_the_fiftieth_percentile_of_an_odd_number_is_the_median(values: list[float]) -> None:
    assert math.isclose(percentile(values, 50), statistics.median(values))


@pytest.mark.parametrize(("values", "percent"), [([], 50), ([1.0], 0), ([1.0], 101)])
def test_a_percentile_of_nothing_is_refused(values: list[float], percent: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, percent)


@pytest.mark.parametrize(
    ("values", "bound", "limit", "met"),
    [
        ((1.9, 2.0, 9.0), Bound.AT_LEAST, 2.0, True),
        ((1.9, 1.9, 9.0), Bound.AT_LEAST, 2.0, False),
        ((15.0,), Bound.AT_MOST, 15.0, True),
        ((15.1,), Bound.AT_MOST, 15.0, False),
    ],
)
def test_a_target_is_met_by_the_median(values: tuple[float, ...], bound: Bound, limit: float, *, met: bool) -> None:
    assert Target("speed", Series(values, "x"), bound, limit).met is met
