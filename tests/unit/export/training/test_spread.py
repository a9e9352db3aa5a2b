"""Work that is spread gives what work done in turn gives."""

from __future__ import annotations

from itertools import count, islice

import pytest

from export.training.diet import sightings
from export.training.spread import spreading


def squared(number: int) -> int:
    if number < 0:
        raise ValueError(f"{number} is below 0")
    return number**2


@pytest.mark.parametrize("processes", [1, 3])
def test_results_come_in_order(processes: int) -> None:
    with spreading(processes) as spread:
        assert list(spread(squared, range(500))) == [number**2 for number in range(500)]


def test_endless_items_are_taken_as_they_are_needed() -> None:
    numbers = count()
    with spreading(2) as spread:
        assert list(islice(spread(squared, numbers), 10)) == [number**2 for number in range(10)]
    assert next(numbers) < 1000


def test_what_fails_elsewhere_fails_here() -> None:
    with spreading(2) as spread, pytest.raises(ValueError, match="-1 is below 0"):
        list(spread(squared, [3, -1]))


def test_sightings_are_the_same_however_they_are_found() -> None:
    with spreading(2) as spread:
        found = list(islice(sightings(spread, straight=True), 3))
    assert found == list(islice(sightings(straight=True), 3))
