from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
import structlog

from services.gateway.tokenizer import Tokenizer
from services.protos.wegen.v1 import chat_pb2, chat_pb2_grpc, image_pb2_grpc
from tests.fakes.gateway import FakeGateway
from tests.fakes.tokenizer import tokenizer as small_tokenizer


@dataclass
class Caller:
    """A client of the gateway under test."""

    channel: grpc.aio.Channel

    def __post_init__(self) -> None:
        self.chats: Any = chat_pb2_grpc.ChatServiceStub(self.channel)
        self.images: Any = image_pb2_grpc.ImageServiceStub(self.channel)

    def chat(
        self,
        *content: str | chat_pb2.Part,
        conversation: str = "",
        timeout: float = 20,
        size: tuple[int, int] | None = None,
        **settings: Any,
    ) -> grpc.aio.UnaryStreamCall[chat_pb2.ChatRequest, chat_pb2.ChatResponse]:
        parts = [chat_pb2.Part(text=piece) if isinstance(piece, str) else piece for piece in content]
        request = chat_pb2.ChatRequest(
            conversation_id=conversation,
            content=parts,
            settings=chat_pb2.ChatSettings(**settings),
            size=chat_pb2.PictureSize(width=size[0], height=size[1]) if size else None,
        )
        return self.chats.Chat(request, timeout=timeout)  # type: ignore[no-any-return]

    async def events(self, *content: str | chat_pb2.Part, **options: Any) -> list[chat_pb2.ChatResponse]:
        return [event async for event in self.chat(*content, **options)]


def picture(name: str) -> chat_pb2.Part:
    return chat_pb2.Part(image=chat_pb2.ImageReference(object=name))


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return small_tokenizer()


@pytest.fixture
def fake(tmp_path: Path) -> FakeGateway:
    return FakeGateway(tmp_path)


@pytest_asyncio.fixture
async def caller(fake: FakeGateway) -> AsyncIterator[Caller]:
    address = await fake.start()
    async with grpc.aio.insecure_channel(address) as channel:
        yield Caller(channel)
    await fake.stop()


@pytest.fixture(autouse=True)
def log() -> Iterator[list[Any]]:
    """The lines logged, instead of on the terminal."""
    with structlog.testing.capture_logs() as lines:
        yield lines
