from __future__ import annotations

import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from services.errors import InvalidArgumentError
from services.gateway.pixels import ImageLimits, cleaned
from tests.fakes.pictures import png

LIMITS = ImageLimits(size=100_000, pixels=200 * 200, side=100)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_every_accepted_format_becomes_a_small_png(kind: str) -> None:
    image = cleaned(png(150, 75, kind=kind), LIMITS, field="data")
    assert (image.width, image.height) == (100, 50)
    with Image.open(io.BytesIO(image.data)) as again:
        assert (again.format, again.mode, again.size) == ("PNG", "RGB", (100, 50))


def test_equal_pictures_give_equal_bytes_whatever_their_metadata() -> None:
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(png())) as image:
        image.save(buffer, format="PNG", dpi=(72, 72), compress_level=1)
    assert buffer.getvalue() != png()
    assert cleaned(buffer.getvalue(), LIMITS, field="data") == cleaned(png(), LIMITS, field="data")


def test_transparency_is_laid_on_white() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(buffer, format="PNG")
    with Image.open(io.BytesIO(cleaned(buffer.getvalue(), LIMITS, field="data").data)) as image:
        assert image.getpixel((0, 0)) == (255, 255, 255)


def test_a_header_that_promises_too_much_is_not_decoded() -> None:
    header = bytearray(png())
    header[16:24] = (60_000).to_bytes(4, "big") * 2
    with pytest.raises(InvalidArgumentError) as caught:
        cleaned(bytes(header), LIMITS, field="data")
    assert caught.value.reason in {"IMAGE_TOO_LARGE", "NOT_AN_IMAGE"}
    assert caught.value.field == "data"


@given(st.binary(max_size=200))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(InvalidArgumentError):
        cleaned(noise, LIMITS, field="data")


@given(st.data())
def test_a_damaged_picture_is_read_or_refused(data: st.DataObject) -> None:
    picture = bytearray(png(8, 8))
    position = data.draw(st.integers(0, len(picture) - 1))
    picture[position] = data.draw(st.integers(0, 255))
    with suppress(InvalidArgumentError):
        cleaned(bytes(picture), LIMITS, field="data")
