"""A running stack as a subject, through the gateway's own gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc.aio

from bench.chats import Answer, Gateway
from bench.quality.picture import decode, encode_png
from bench.quality.subjects.message import Message, Reply
from bench.quality.subjects.request import request_of
from bench.quality.subjects.subject import Identity
from services.errors import InternalError, UnavailableError

Result = TypeVar("Result")


class StackSubject:
    """Messages that come together are sent together; use it in `with`. Every picture is asked for with n = 1.

    The gateway drops no near-duplicate rewrites here, since each picture is asked for alone.
    """

    def __init__(self, address: str, identity: Identity) -> None:
        self._address, self.identity = address, identity
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        self._gateway = self._runner.run(self._open())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runner.run(self._gateway.__aexit__(kind, error, trace))
        self._runner.close()

    def reply(self, messages: Sequence[Message]) -> list[Reply]:
        """As `Subject.reply`.

        Raises:
            UnavailableError: The gateway refused or did not answer; the message has its words.
            InternalError: A picture could not be made.
        """
        return self._run(self._replies(messages))

    async def _open(self) -> Gateway:
        return await Gateway(self._address).__aenter__()

    async def _replies(self, messages: Sequence[Message]) -> list[Reply]:
        return list(await asyncio.gather(*map(self._reply, messages)))

    async def _reply(self, message: Message) -> Reply:
        pictures = [piece for piece in message.content if not isinstance(piece, str)]
        names = [(await self._gateway.upload(encode_png(picture))).object for picture in pictures]
        conversation = message.after.memory if message.after else ""
        assert isinstance(conversation, str), "a reply of another subject"
        answer = await self._gateway.send(request_of(message, names, self.identity, conversation))
        picture = await self._picture(answer, message)
        return Reply(
            answer.text.strip(),
            answer.rewrite.strip(),
            None if picture is None else decode(picture),
            answer.conversation,
        )

    async def _picture(self, answer: Answer, message: Message) -> bytes | None:
        if answer.failures:
            raise InternalError(f"no picture was made of {message.words!r}: {answer.failures[0]}")
        return await self._gateway.picture(answer.images[0].object) if answer.images else None

    def _run(self, call: Coroutine[Any, Any, Result]) -> Result:
        try:
            return self._runner.run(call)
        except grpc.aio.AioRpcError as error:
            raise UnavailableError("gateway", f"{error.code().name}: {error.details()}") from error
