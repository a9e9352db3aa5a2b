from __future__ import annotations

import numpy as np
import pytest

from bench.quality.measures.likeness import cosine_table, cosines
from services.errors import InvalidArgumentError

ROWS = np.array([[3, 0], [0, 2]], np.float32)
OTHERS = np.array([[1, 1], [0, -5]], np.float32)


def test_cosines_pair_rows_and_forget_lengths() -> None:
    assert cosines(ROWS, OTHERS) == pytest.approx([np.sqrt(0.5), -1])
    assert cosine_table(ROWS, OTHERS) == pytest.approx(np.array([[np.sqrt(0.5), 0], [np.sqrt(0.5), -1]]))


def test_rows_without_direction_or_partner_are_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="do not pair"):
        cosines(ROWS, OTHERS[:1])
    with pytest.raises(InvalidArgumentError, match="zeros"):
        cosines(ROWS, np.zeros((2, 2), np.float32))
