"""The client's connection to a gateway."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import grpc

from services.client import trace
from services.client.failure import ClientError, sentence
from services.client.interrupt import heard
from services.client.orders import Orders
from services.protos.wegen.v1 import chat_pb2, chat_pb2_grpc, image_pb2, image_pb2_grpc

# Pictures of the largest preset are a few MiB; gRPC's default stops at 4.
_MAX_MESSAGE = 64 * 1024 * 1024
_IMAGE_TIMEOUT = 60.0


class Gateway:
    """A connection to the gateway at `server` (host:port); every failure is a `ClientError`."""

    def __init__(self, server: str) -> None:
        self._server = server
        limits = [("grpc.max_receive_message_length", _MAX_MESSAGE), ("grpc.max_send_message_length", _MAX_MESSAGE)]
        self._channel = grpc.insecure_channel(server, options=limits)
        self._chats = chat_pb2_grpc.ChatServiceStub(self._channel)
        self._images = image_pb2_grpc.ImageServiceStub(self._channel)
        self.orders = Orders(self._channel, server)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()

    def chat(self, request: chat_pb2.ChatRequest, timeout: float) -> Iterator[chat_pb2.ChatResponse]:
        """The answer's events; leaving the loop early, Ctrl-C included, cancels the call."""
        span = trace.calling(trace.CHAT)
        call = self._chats.Chat(request, timeout=timeout, metadata=span.headers)
        try:
            yield from heard(call)
        except grpc.RpcError as error:
            span.fail(error.code().name)
            raise ClientError(sentence(error, self._server)) from error
        except KeyboardInterrupt:
            span.fail(grpc.StatusCode.CANCELLED.name)
            raise
        finally:
            span.end()

    def upload(self, path: Path) -> str:
        """The object name of the picture in `path`."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ClientError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from error
        try:
            return self._images.UploadImage(image_pb2.UploadImageRequest(data=data), timeout=_IMAGE_TIMEOUT).object
        except grpc.RpcError as error:
            raise ClientError(f"{path}: {sentence(error, self._server)}") from error

    def picture(self, name: str) -> bytes:
        """A picture's bytes."""
        request = image_pb2.GetImageRequest(object=name)
        try:
            with trace.calling(trace.GET_IMAGE) as span:
                return self._images.GetImage(request, timeout=_IMAGE_TIMEOUT, metadata=span.headers).data
        except grpc.RpcError as error:
            raise ClientError(sentence(error, self._server)) from error
