"""Boxes in pixels and as tokens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.tokenizer import Tokenizer
from export.training.diic.box import Box
from export.training.diic.location import located_box, location_tokens
from export.weights import ROOT, TOKENIZER_FILE

sides = st.integers(1, 2000)
shares = st.floats(0, 1, allow_nan=False)


@given(st.tuples(sides, sides), st.tuples(shares, shares), st.tuples(shares, shares))
def test_tokens_hold_the_box_and_at_most_a_cell_more(
    size: tuple[int, int], across: tuple[float, float], down: tuple[float, float]
) -> None:
    h, w = size
    left, right = sorted(share * w for share in across)
    top, bottom = sorted(share * h for share in down)
    if right - left < 1e-3 or bottom - top < 1e-3:
        return
    box = Box(left, top, right, bottom)
    found = located_box(location_tokens(box, h, w), h, w)
    for one, other, extent in zip(found.corners, box.corners, (w, h, w, h), strict=True):
        assert abs(one - other) <= extent / 224 + 1e-6
    assert found.within(h, w) is not None


def test_corners_are_the_first_and_the_last_cell() -> None:
    assert location_tokens(Box(0, 0, 128, 128), 128, 128) == "<loc-0><loc-0><loc-223><loc-223>"
    assert location_tokens(Box(64, 0, 128, 32), 64, 128) == "<loc-112><loc-0><loc-223><loc-111>"


def test_the_tokenizer_has_every_token() -> None:
    tokenizer = Tokenizer.load(ROOT / "wegen-tiny" / TOKENIZER_FILE)
    ids = tokenizer.encode(location_tokens(Box(0, 0, 9, 9), 9, 9))
    assert ids == [tokenizer.id_of(f"<loc-{cell}>") for cell in (0, 0, 223, 223)]


def test_what_is_no_box_is_refused() -> None:
    with pytest.raises(ValueError, match="no area"):
        Box(3, 0, 3, 5)
    with pytest.raises(ValueError, match="not inside a picture 10 wide and 20 high"):
        location_tokens(Box(0, 0, 11, 5), 20, 10)
    for tokens in ("", "<loc-1><loc-2><loc-3>", "<loc-1><loc-2><loc-3><loc-224>", "x<loc-1><loc-2><loc-3><loc-4>"):
        with pytest.raises(ValueError, match="is not four tokens"):
            located_box(tokens, 10, 10)


@given(st.integers(0, 8), st.integers(0, 8), st.integers(1, 5), st.integers(1, 5))
def test_a_box_surrounds_its_mask(left: int, top: int, width: int, height: int) -> None:
    mask = np.zeros((16, 16), bool)
    mask[top : top + height, left : left + width] = True
    box = Box.around(mask)
    assert box == Box(left, top, left + width, top + height)
    assert box.overlap(box) == 1.0
    assert Box.around(np.zeros((4, 4), bool)) is None


def test_overlap_and_clipping() -> None:
    assert Box(0, 0, 2, 2).overlap(Box(1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert Box(0, 0, 1, 1).overlap(Box(5, 5, 6, 6)) == 0.0
    assert Box(-3, -3, 4, 40).within(20, 10) == Box(0, 0, 4, 20)
    assert Box(-3, 0, -1, 4).within(20, 10) is None
