"""Pictures as arrays."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.int16]


def decode(data: bytes) -> Pixels:
    """RGB levels [H, W, 3], wide enough to subtract."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"), dtype=np.int16)


def difference(first: bytes, second: bytes) -> int:
    """The largest difference of any level."""
    return int(np.abs(decode(first) - decode(second)).max())


def png(width: int = 96, height: int = 64, colour: tuple[int, int, int] = (200, 30, 40)) -> bytes:
    """A picture of one colour with a square of another in it."""
    image = Image.new("RGB", (width, height), (20, 40, 220))
    image.paste(colour, (width // 4, height // 4, width // 2, height // 2))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
