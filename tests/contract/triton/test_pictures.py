"""What is not a picture, or too much of one, is refused; the server lives on."""

from __future__ import annotations

import asyncio
import io
import struct
import zlib

import pytest
from PIL import Image

from services.errors import InvalidArgumentError
from services.inference.encoder import EncoderClient


def png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).save(file, "PNG")
    return file.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header promises more than its body holds."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


BAD = {
    "nothing": (b"", "not a picture"),
    "text": (b"hello, I am a picture", "not a picture"),
    "gif": (b"GIF89a" + bytes(100), "not a picture"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
    "truncated": (png(300, 300)[:-400], "truncated"),
    "many bytes": (b"\x89PNG" + bytes(17 * 1024 * 1024), "bytes are more than 16777216"),
    "many pixels": (bomb(5000, 5000), "5000x5000 pixels are more than 16777216"),
    "a bomb": (bomb(60000, 60000), "pixels"),
}


@pytest.mark.parametrize("name", BAD)
async def test_refused_with_a_sentence(name: str, encoder: EncoderClient) -> None:
    data, sentence = BAD[name]
    with pytest.raises(InvalidArgumentError, match=sentence) as caught:
        await encoder.encode(data, request_id=name, timeout=10)
    assert caught.value.field == "image"
    assert (await encoder.encode(png(20, 30), request_id="good", timeout=10)).shape[0] == 64


async def test_bad_ones_between_good_ones(encoder: EncoderClient) -> None:
    pictures = [png(40, 40) if i % 2 else BAD["text"][0] for i in range(16)]
    calls = [encoder.encode(one, request_id=str(i), timeout=20) for i, one in enumerate(pictures)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(one, InvalidArgumentError) for one in results] == [i % 2 == 0 for i in range(16)]


async def test_odd_modes_are_taken(encoder: EncoderClient) -> None:
    for mode in ("L", "LA", "P", "RGBA", "1", "I;16"):
        file = io.BytesIO()
        Image.new(mode, (33, 21)).save(file, "PNG")
        assert (await encoder.encode(file.getvalue(), request_id=mode, timeout=10)).shape[0] == 64
