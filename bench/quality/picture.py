"""Pictures as arrays: uint8 [H, W, 3] in RGB, everywhere in this package."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from services.errors import InvalidArgumentError, NotFoundError

Picture = NDArray[np.uint8]
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


def from_pillow(image: Image.Image) -> Picture:
    """Any of Pillow's pictures to uint8 [H, W, 3]."""
    return np.asarray(image.convert("RGB"), dtype=np.uint8)


def read(path: Path) -> Picture:
    """A picture file.

    Raises:
        NotFoundError: there is no such file.
        InvalidArgumentError: it is no picture.
    """
    try:
        with Image.open(path) as image:
            return from_pillow(image)
    except FileNotFoundError as error:
        raise NotFoundError(f"picture: {path} does not exist") from error
    except UnidentifiedImageError as error:
        raise InvalidArgumentError("picture", f"{path} is not a picture that Pillow reads") from error


def fingerprint(picture: Picture) -> str:
    """The same name for equal pictures, and for no others."""
    return hashlib.sha256(f"{picture.shape}".encode() + picture.tobytes()).hexdigest()


def encode_png(picture: Picture) -> bytes:
    """The picture as a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def decode(data: bytes) -> Picture:
    """An encoded picture; InvalidArgumentError if it is none."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return from_pillow(image)
    except UnidentifiedImageError as error:
        raise InvalidArgumentError("picture", f"{len(data)} bytes are no picture that Pillow reads") from error


def resized(picture: Picture, side: int) -> Picture:
    """Stretched to `side` x `side` pixels, antialiased; the same array where it has that size already."""
    if picture.shape[:2] == (side, side):
        return picture
    return from_pillow(Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC))


def squared(picture: Picture, side: int) -> Picture:
    """The largest square in the middle, resized to `side` x `side`: how COCO's pictures are prepared for FID."""
    height, width = picture.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    return resized(picture[top : top + edge, left : left + edge], side)


def in_folder(folder: Path) -> list[Path]:
    """The picture files directly in `folder`, by name; NotFoundError when there is none."""
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        raise NotFoundError(f"pictures: {folder} holds no file that ends in {', '.join(SUFFIXES)}")
    return found
