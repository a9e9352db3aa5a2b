"""A conversation becomes a sheet with its pictures."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from bench.showcase import converse, sheet
from tests.fakes.gateway import FakeGateway


async def test_messages_follow_one_another_in_one_conversation(tmp_path: Path) -> None:
    fake = FakeGateway(tmp_path)
    address = await fake.start()
    try:
        first, second, third = await converse(address, ["a red circle", "make it green", "What colour is it?"], 3)
    finally:
        await fake.stop()
    assert first.picture is not None
    assert second.picture is not None
    assert third.picture is None
    assert all(exchange.words for exchange in (first, third))
    assert third.markdown.startswith("- **What colour is it?**\n")
    assert fake.generator.requests[-1].ids.count(fake.words.tokens.bos) == 3, "all of it is one conversation"
    sheet([first, second, third], tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as image:
        assert image.width >= 2 * first.picture.shape[1]
