"""A bare client of the gateway: one call in, all its events out, each with the time it came."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import grpc.aio

from services.protos.wegen.v1 import chat_pb2, chat_pb2_grpc, image_pb2, image_pb2_grpc

Setting = int | float
_MAX_MESSAGE = 64 * 1024 * 1024


@dataclass(slots=True)
class Answer:
    """The events of one chat call with their arrival in seconds since it was sent."""

    events: list[chat_pb2.ChatResponse] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def conversation(self) -> str:
        """The conversation's id."""
        return self.events[0].started.conversation_id

    @property
    def images(self) -> list[chat_pb2.ImageDone]:
        """Finished pictures, by their number."""
        done = (event.image_done for event in self.events if event.HasField("image_done"))
        return sorted(done, key=lambda image: image.image)

    @property
    def failures(self) -> list[str]:
        """Why pictures could not be made."""
        return [event.image_failed.reason for event in self.events if event.HasField("image_failed")]

    @property
    def text(self) -> str:
        """The answer's words."""
        return "".join(event.text_delta.text for event in self.events if event.HasField("text_delta"))

    @property
    def rewrite(self) -> str:
        """The last rewrite's words; empty where there was none."""
        rewrites = [event.rewrite_done.text for event in self.events if event.HasField("rewrite_done")]
        return rewrites[-1] if rewrites else ""

    @property
    def usage(self) -> chat_pb2.Usage:
        """Tokens read and made."""
        return next(event.usage for event in self.events if event.HasField("usage"))

    @property
    def finished(self) -> bool:
        """Whether it came to its regular end."""
        return bool(self.events) and self.events[-1].HasField("finished")


def part(content: str | image_pb2.UploadImageResponse | chat_pb2.ImageDone) -> chat_pb2.Part:
    """Text, or a picture by reference."""
    if isinstance(content, str):
        return chat_pb2.Part(text=content)
    return chat_pb2.Part(image=chat_pb2.ImageReference(object=content.object))


def request(
    content: Iterable[str | image_pb2.UploadImageResponse | chat_pb2.ImageDone],
    *,
    conversation: str = "",
    settings: chat_pb2.ChatSettings | None = None,
) -> chat_pb2.ChatRequest:
    """One message."""
    return chat_pb2.ChatRequest(
        conversation_id=conversation, content=[part(piece) for piece in content], settings=settings
    )


class Gateway:
    """A channel to the gateway; use it in `async with`."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.aio.insecure_channel(address, [("grpc.max_receive_message_length", _MAX_MESSAGE)])
        self.chat_service = chat_pb2_grpc.ChatServiceStub(self._channel)
        self.image_service = image_pb2_grpc.ImageServiceStub(self._channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._channel.close(None)

    async def chat(
        self,
        *content: str | image_pb2.UploadImageResponse | chat_pb2.ImageDone,
        conversation: str = "",
        settings: chat_pb2.ChatSettings | None = None,
        timeout: float = 300.0,  # noqa: ASYNC109 - gRPC's own deadline
    ) -> Answer:
        """Send one message and read its answer to the end; `grpc.aio.AioRpcError` when it fails."""
        return await self.send(request(content, conversation=conversation, settings=settings), timeout=timeout)

    async def send(
        self,
        message: chat_pb2.ChatRequest,
        timeout: float = 300.0,  # noqa: ASYNC109 - gRPC's own deadline
    ) -> Answer:
        """As `chat`, for a request that is made already."""
        answer, begin = Answer(), time.monotonic()
        async for event in self.chat_service.Chat(message, timeout=timeout):
            answer.events.append(event)
            answer.seconds.append(time.monotonic() - begin)
        return answer

    async def upload(self, data: bytes) -> image_pb2.UploadImageResponse:
        """Keep a picture as a reference."""
        answer: image_pb2.UploadImageResponse = await self.image_service.UploadImage(
            image_pb2.UploadImageRequest(data=data), timeout=30
        )
        return answer

    async def picture(self, name: str) -> bytes:
        """A picture's encoded bytes."""
        answer: image_pb2.GetImageResponse = await self.image_service.GetImage(
            image_pb2.GetImageRequest(object=name), timeout=30
        )
        return answer.data
