"""Segments hold their instance and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.training.diic.segment import Framing, segment_of

FRAME = np.full((128, 128, 3), 7, np.uint8)


@given(st.integers(0, 100), st.integers(0, 100), st.integers(1, 28), st.integers(1, 28))
def test_an_instance_keeps_its_pixels_and_its_textures_raster(top: int, left: int, height: int, width: int) -> None:
    mask = np.zeros((128, 128), bool)
    mask[top : top + height, left : left + width] = True
    segment = segment_of(FRAME, mask, Framing())
    shown = (segment == 7).all(-1)
    assert shown.sum() == mask.sum()
    assert (segment[~shown] == 246).all()
    row, column = np.argwhere(shown)[0]
    assert (row - top) % 8 == (column - left) % 8 == 0
    assert abs(row + height / 2 - 64) <= 4
    assert abs(column + width / 2 - 64) <= 4


@pytest.mark.parametrize("framing", [Framing(fill=0.5), Framing(side=64, fill=1.0), Framing(side=32)])
def test_an_instance_is_scaled_to_fill_the_square(framing: Framing) -> None:
    mask = np.zeros((128, 128), bool)
    mask[20:60, 30:110] = True
    segment = segment_of(FRAME, mask, framing)
    shown = (segment != 246).any(-1)
    longer = round(framing.side * (framing.fill or 1.0))
    assert segment.shape == (framing.side, framing.side, 3)
    assert (shown.any(0).sum(), shown.any(1).sum()) == (longer, longer // 2)


def test_wrong_framings_and_empty_masks_are_refused() -> None:
    with pytest.raises(ValueError, match="mask"):
        segment_of(FRAME, np.zeros((128, 128), bool), Framing())
    with pytest.raises(ValueError, match="fill"):
        Framing(fill=1.5)
    with pytest.raises(ValueError, match="step"):
        Framing(step=0)
