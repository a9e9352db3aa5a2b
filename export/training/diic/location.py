"""Boxes as `<loc-i>` tokens: two corners on a grid of 224 x 224 cells, whatever the picture's size."""

from __future__ import annotations

import math
import re
from typing import Final

from export.presets.preset import LOCATION_TOKENS
from export.training.diic.box import Box

_TOKEN: Final = re.compile(r"<loc-(\d+)>")


def location_tokens(box: Box, height: int, width: int) -> str:
    """Four tokens: column and row of the first cell `box` touches, then of the last.

    ValueError where `box` is not inside a picture of `height` x `width` pixels.
    """
    if box.left < 0 or box.top < 0 or box.right > width or box.bottom > height:
        raise ValueError(f"box {box.corners} is not inside a picture {width} wide and {height} high")
    first = (_first(box.left, width), _first(box.top, height))
    last = (_last(box.right, width), _last(box.bottom, height))
    return "".join(f"<loc-{cell}>" for cell in (*first, *last))


def _first(edge: float, extent: int) -> int:
    return min(LOCATION_TOKENS - 1, math.floor(edge * LOCATION_TOKENS / extent))


def _last(edge: float, extent: int) -> int:
    return max(0, math.ceil(edge * LOCATION_TOKENS / extent) - 1)


def located_box(tokens: str, height: int, width: int) -> Box:
    """The box four tokens stand for in a picture of `height` x `width` pixels: all of both corners' cells.

    ValueError where `tokens` is anything but four location tokens that span cells.
    """
    cells = [int(cell) for cell in _TOKEN.findall(tokens)]
    if _TOKEN.sub("", tokens) or len(cells) != 4 or max(cells) >= LOCATION_TOKENS:
        raise ValueError(f"{tokens!r} is not four tokens <loc-0> to <loc-{LOCATION_TOKENS - 1}>")
    column, row, last_column, last_row = cells
    across, down = width / LOCATION_TOKENS, height / LOCATION_TOKENS
    return Box(column * across, row * down, (last_column + 1) * across, (last_row + 1) * down)
