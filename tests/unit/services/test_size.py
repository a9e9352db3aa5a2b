"""A size is read as it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.size import Size

SIDE = st.integers(1, 99999)


@given(SIDE, SIDE)
def test_what_is_written_is_read(width: int, height: int) -> None:
    assert Size.parse(str(Size(width, height))) == Size(width, height)


@pytest.mark.parametrize("text", ["", "1024", "1024*1024", "0x8", "-8x8", "8x8x8", "1024x1024 ", "100000x8", "axb"])
def test_anything_else_is_refused_with_its_words(text: str) -> None:
    with pytest.raises(ValueError, match="is not WIDTHxHEIGHT in pixels"):
        Size.parse(text)
