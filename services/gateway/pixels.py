"""Hostile bytes to a clean PNG: limits first, decoding second, no metadata out."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageOps

from services.errors import InvalidArgumentError

FORMATS = ("PNG", "JPEG", "WEBP")


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """Bytes before decoding, pixels of the header before decoding, and the largest side that is kept."""

    size: int
    pixels: int
    side: int


@dataclass(frozen=True, slots=True)
class CleanImage:
    """A PNG made by us, 8-bit RGB, without metadata."""

    data: bytes
    width: int
    height: int


def cleaned(data: bytes, limits: ImageLimits, *, field: str) -> CleanImage:
    """`data` decoded, upright, on white, no side above `limits.side`, as PNG; equal pictures give equal bytes.

    Raises:
        InvalidArgumentError: empty, too many bytes or pixels, not a PNG, JPEG or WebP, or truncated; names `field`.
    """
    if not data:
        raise InvalidArgumentError(field, "is empty", reason="NOT_AN_IMAGE")
    if len(data) > limits.size:
        raise InvalidArgumentError(
            field, f"has {len(data)} bytes, at most {limits.size} are allowed", reason="IMAGE_TOO_LARGE"
        )
    image = _opened(data, field)
    width, height = image.size
    if width * height > limits.pixels:
        raise InvalidArgumentError(
            field,
            f"has {width} x {height} = {width * height} pixels, at most {limits.pixels} are allowed",
            reason="IMAGE_TOO_LARGE",
        )
    return _encoded(_decoded(image, field), limits.side)


def _opened(data: bytes, field: str) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InvalidArgumentError(field, "has far too many pixels", reason="IMAGE_TOO_LARGE") from error
    except Exception as error:  # decoders answer hostile bytes with exceptions of any kind
        raise InvalidArgumentError(field, "is not a PNG, JPEG or WebP image", reason="NOT_AN_IMAGE") from error


def _decoded(image: Image.Image, field: str) -> Image.Image:
    try:
        image.load()
        upright = ImageOps.exif_transpose(image).convert("RGBA")
    except Exception as error:  # as above
        raise InvalidArgumentError(field, "is damaged or truncated", reason="NOT_AN_IMAGE") from error
    ground = Image.new("RGBA", upright.size, "white")
    return Image.alpha_composite(ground, upright).convert("RGB")


def _encoded(image: Image.Image, side: int) -> CleanImage:
    if max(image.size) > side:
        scale = side / max(image.size)
        image = image.resize(
            (max(1, round(image.width * scale)), max(1, round(image.height * scale))), Image.Resampling.LANCZOS
        )
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return CleanImage(buffer.getvalue(), image.width, image.height)
