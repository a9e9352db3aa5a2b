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
_LINE: Final = 12
_LINES: Final = range(3, 8)
_LETTERS: Final = 22


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture [H, W, 3], the words under it, and whether it is right (None: not judged)."""

    words: str
    picture: NDArray[np.uint8]
    right: bool | None = None


def save_sheet(tiles: list[Tile], path: Path) -> None:
    """Write all tiles as one PNG, up to eight a row; a right picture has a green frame, a wrong one a red one.

    Under the pictures is room for the longest words, three to seven lines of 22 letters; what is longer is cut.
    """
    words = [textwrap.wrap(tile.words, _LETTERS)[: _LINES[-1]] for tile in tiles]
    text = _LINE * max(_LINES[0], *map(len, words))
    width = tiles[0].picture.shape[1] + 2 * _FRAME
    height = tiles[0].picture.shape[0] + 2 * _FRAME + text
    rows = -(-len(tiles) // _COLUMNS)
    sheet = Image.new("RGB", (min(_COLUMNS, len(tiles)) * width, rows * height), "white")
    draw = ImageDraw.Draw(sheet)
    frames = {True: "green", False: "red", None: "white"}
    for index, (tile, lines) in enumerate(zip(tiles, words, strict=True)):
        x, y = index % _COLUMNS * width, index // _COLUMNS * height
        draw.rectangle((x, y, x + width - 1, y + height - text - 1), fill=frames[tile.right])
        sheet.paste(Image.fromarray(tile.picture), (x + _FRAME, y + _FRAME))
        for number, line in enumerate(lines):
            draw.text((x + _FRAME, y + height - text + number * _LINE), line, fill="black")
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(128).save(path, optimize=True)
