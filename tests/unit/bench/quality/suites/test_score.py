from __future__ import annotations

import math

import pytest

from bench.quality.suites.score import Better, Score
from services.errors import InvalidArgumentError


def test_a_mean_comes_with_its_standard_error() -> None:
    score = Score.mean("s", "x", "m", [1.0, 2.0, 3.0, 6.0], Better.HIGHER)
    assert (score.value, score.count) == (3.0, 4)
    assert score.error == pytest.approx(math.sqrt((4 + 1 + 0 + 9) / 3) / 2)
    assert Score.mean("s", "x", "m", [2.0], Better.HIGHER).error is None


@pytest.mark.parametrize("values", [[], [1.0, math.inf], [math.nan]])
def test_nothing_and_no_numbers_have_no_mean(values: list[float]) -> None:
    with pytest.raises(InvalidArgumentError, match="s, x, m: needs finite values"):
        Score.mean("s", "x", "m", values, Better.HIGHER)
