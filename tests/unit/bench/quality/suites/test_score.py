from __future__ import annotations

import math

import pytest

from bench.quality.suites.score import Better, Outcome, Score, Tally
from export.training.sheet import Tile
from services.errors import InvalidArgumentError
from tests.unit.bench.quality.conftest import plain


def test_a_mean_comes_with_its_standard_error() -> None:
    score = Score.mean("s", "x", "m", [1.0, 2.0, 3.0, 6.0], Better.HIGHER)
    assert (score.value, score.count) == (3.0, 4)
    assert score.error == pytest.approx(math.sqrt((4 + 1 + 0 + 9) / 3) / 2)
    assert Score.mean("s", "x", "m", [2.0], Better.HIGHER).error is None


@pytest.mark.parametrize("values", [[], [1.0, math.inf], [math.nan]])
def test_nothing_and_no_numbers_have_no_mean(values: list[float]) -> None:
    with pytest.raises(InvalidArgumentError, match="s, x, m: needs finite values"):
        Score.mean("s", "x", "m", values, Better.HIGHER)


def test_a_tally_keeps_settings_together_in_the_order_they_came() -> None:
    tally = Tally("s", frozenset({"error"}))
    tally.add(("all", "even"), {"right": True, "error": 2.0})
    tally.add(("all", "odd"), {"right": False, "error": 4.0})
    tally.add(("all",), {"late": 1.0})
    found = [(score.setting, score.measure, score.value, score.count) for score in tally.scores()]
    assert found == [
        ("all", "right", 0.5, 2),
        ("all", "error", 3.0, 2),
        ("all", "late", 1.0, 1),
        ("even", "right", 1.0, 1),
        ("even", "error", 2.0, 1),
        ("odd", "right", 0.0, 1),
        ("odd", "error", 4.0, 1),
    ]
    assert {score.measure for score in tally.scores() if score.better is Better.LOWER} == {"error"}


def test_a_sheet_is_full_at_some_time() -> None:
    outcome, tile = Outcome(), Tile("words", plain(0, 0, 0))
    for _ in range(5):
        outcome.show(4, tile, tile)
    assert len(outcome.tiles) == 4
    outcome.show(4, tile, setting="another")
    assert len(outcome.tiles) == 5
