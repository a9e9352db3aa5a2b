"""Contact sheets: many pictures on one, each framed by its verdict."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

_COLUMNS: Final = 8
_FRAME: Final = 3
_TEXT: Final = 36


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture [H, W, 3], the words under it, and whether it is right (None: not judged)."""

    words: str
    picture: NDArray[np.uint8]
    right: bool | None = None


def save_sheet(tiles: list[Tile], path: Path) -> None:
    """Write all tiles as one PNG, eight a row; a right picture has a green frame, a wrong one a red one."""
    width = tiles[0].picture.shape[1] + 2 * _FRAME
    height = tiles[0].picture.shape[0] + 2 * _FRAME + _TEXT
    rows = -(-len(tiles) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * width, rows * height), "white")
    draw = ImageDraw.Draw(sheet)
    frames = {True: "green", False: "red", None: "white"}
    for index, tile in enumerate(tiles):
        x, y = index % _COLUMNS * width, index // _COLUMNS * height
        draw.rectangle((x, y, x + width - 1, y + height - _TEXT - 1), fill=frames[tile.right])
        sheet.paste(Image.fromarray(tile.picture), (x + _FRAME, y + _FRAME))
        draw.text((x + _FRAME, y + height - _TEXT), textwrap.fill(tile.words, 22)[:66], fill="black")
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(128).save(path, optimize=True)
