"""Encoded pictures for tests."""

from __future__ import annotations

import io

from PIL import Image


def png(width: int = 16, height: int = 16, colour: str = "red", kind: str = "PNG") -> bytes:
    """A picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, format=kind)
    return buffer.getvalue()
