"""An encoded picture to the pixels EVA-CLIP takes."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FORMATS = ("PNG", "JPEG", "WEBP")
# OpenAI CLIP's channel statistics, which EVA-CLIP kept.
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)
# What Pillow raises for pictures that are broken in one way or another.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)


class PictureError(ValueError):
    """A picture that cannot be taken; the message says why, in one sentence."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Most bytes of an encoded picture and most pixels it may unfold to."""

    max_bytes: int
    max_pixels: int


def preprocess(data: bytes, size: int, bounds: Bounds) -> NDArray[np.float32]:
    """Pixels f32 [3, size, size], CLIP-normalised: RGB, bilinear without keeping the ratio, as in training."""
    picture = _decode(data, bounds).resize((size, size), Image.Resampling.BILINEAR)
    normalised = (np.asarray(picture, np.float32) / 255.0 - MEAN) / STD
    return np.ascontiguousarray(normalised.transpose(2, 0, 1))


def _decode(data: bytes, bounds: Bounds) -> Image.Image:
    if len(data) > bounds.max_bytes:
        raise PictureError(f"{len(data)} bytes are more than {bounds.max_bytes}")
    try:
        # Reads the header only.
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise PictureError(f"it unfolds to more than {bounds.max_pixels} pixels") from error
    except BROKEN as error:
        raise PictureError(f"it is not a picture in one of {', '.join(FORMATS)}") from error
    width, height = picture.size
    if width * height > bounds.max_pixels:
        raise PictureError(f"{width}x{height} pixels are more than {bounds.max_pixels}")
    try:
        return picture.convert("RGB")
    except BROKEN as error:
        raise PictureError(f"the {picture.format} picture is truncated or damaged") from error
