from __future__ import annotations

import struct
import zlib

import grpc
import pytest

from bench.chats import Gateway
from services.errors import DOMAIN
from services.protos.wegen.v1 import image_pb2
from services.protos.wegen.v1.chat_pb2 import REWRITE_OFF, ChatSettings
from tests.e2e.conftest import Meters
from tests.e2e.pixels import png
from tests.e2e.statuses import error_info

INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND


def require_clean(error: grpc.aio.AioRpcError, code: grpc.StatusCode, word: str) -> None:
    """The right code, an ErrorInfo of ours, a sentence that names the field, and no insides."""
    assert error.code() is code, error.details()
    info = error_info(error)
    assert info is not None
    assert info.domain == DOMAIN
    details = error.details() or ""
    assert word in details
    assert "Traceback" not in details


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n", 0),
        ("n", 9),
        ("steps", 0),
        ("steps", 101),
        ("guidance", -0.5),
        ("guidance", 31),
        ("guidance", float("nan")),
        ("temperature", -1),
        ("temperature", 2.5),
        ("temperature", float("nan")),
        ("top_p", 0),
        ("top_p", 1.5),
        ("top_p", float("inf")),
        ("seed", 2**63),
        ("feature_guidance", 11),
        ("max_tokens", 0),
        ("max_tokens", 1025),
        ("preview_every", 101),
    ],
)
async def test_a_setting_out_of_range_is_named(gateway: Gateway, field: str, value: float) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.chat("a red circle", settings=ChatSettings(**{field: value}))  # type: ignore[arg-type]
    require_clean(caught.value, INVALID, field)


async def test_bad_messages_are_refused(gateway: Gateway, meters: Meters) -> None:
    before = await meters.triton_settled()
    reference = await gateway.upload(png())
    for content, word in [([], "content"), ([""], "content"), (["  \n"], "content")]:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await gateway.chat(*content)
        require_clean(caught.value, INVALID, word)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.chat("all of ", reference, reference, reference, reference)
    require_clean(caught.value, INVALID, "3")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.chat("word " * 3000, settings=ChatSettings(rewrite=REWRITE_OFF))
    require_clean(caught.value, INVALID, "768")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.chat("x" * 20_000)
    require_clean(caught.value, INVALID, "16000")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.chat("make it green", conversation="no-such-conversation")
    assert caught.value.code() in {NOT_FOUND, INVALID}
    assert (await meters.triton_settled()).since(before).total("wegen_steps_total") == 0


async def test_unknown_pictures_are_not_found(gateway: Gateway) -> None:
    unknown = image_pb2.UploadImageResponse(object=f"default/references/{'0' * 64}.png")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.chat("describe ", unknown)
    require_clean(caught.value, NOT_FOUND, "image")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.picture(unknown.object)
    require_clean(caught.value, NOT_FOUND, "image")


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "/etc/passwd", "default/images/../../x.png", "other/x" * 100])
async def test_a_name_that_is_none_is_refused(gateway: Gateway, name: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.picture(name)
    assert caught.value.code() in {INVALID, NOT_FOUND}
    assert "root:" not in (caught.value.details() or "")


def bomb(side: int) -> bytes:
    """A PNG of `side` x `side` pixels in a few hundred kilobytes: its header promises what would fill the memory."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(10_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"GIF89a" + bytes(50),
        png()[:60],
        png()[: len(png()) // 2],
        b"\xff\xd8\xff" + bytes(200),
        bomb(40_000),
    ],
    ids=["empty", "text", "gif", "header only", "truncated", "broken jpeg", "huge"],
)
async def test_what_is_not_a_picture_is_refused(gateway: Gateway, data: bytes) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.upload(data)
    require_clean(caught.value, INVALID, "")


async def test_too_many_bytes_are_refused(gateway: Gateway) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.upload(png() + bytes(17 * 1024 * 1024))
    assert caught.value.code() in {INVALID, grpc.StatusCode.RESOURCE_EXHAUSTED}
