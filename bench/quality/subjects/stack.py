"""A running stack as a subject, through the gateway's own gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc.aio

from bench.chats import Answer, Gateway
from bench.quality.picture import Picture, decode, encode_png
from bench.quality.subjects.strategy import GREEDY, Strategy
from bench.quality.subjects.subject import Content, Identity, Painted
from services.errors import InternalError, UnavailableError
from services.protos.wegen.v1.chat_pb2 import (
    REWRITE_OFF,
    REWRITE_ON,
    TASK_CHAT,
    TASK_GENERATE,
    ChatSettings,
)

Result = TypeVar("Result")


class StackSubject:
    """One call after the other; use it in `with`. Every picture is a chat of its own with n = 1."""

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

    def paint(self, wish: str, strategy: Strategy, seed: int) -> Painted:
        """As `Subject.paint`; the gateway drops no near-duplicates here, since each picture is asked for alone.

        Raises:
            UnavailableError: The gateway refused or did not answer; the message has its words.
            InternalError: The answer held no picture.
        """
        settings = self._settings(seed)
        settings.rewrite = REWRITE_ON if strategy.rewrite else REWRITE_OFF
        settings.top_p, settings.temperature = strategy.top_p, strategy.temperature
        return self._run(self._paint((wish,), settings))

    def compose(self, content: Content, seed: int) -> Picture:
        """As `Subject.compose`; errors as in `paint`."""
        return self._run(self._paint(content, self._settings(seed))).picture

    def answer(self, content: Content) -> str:
        """As `Subject.answer`; UnavailableError as in `paint`."""
        settings = ChatSettings(task=TASK_CHAT, temperature=GREEDY, seed=0)
        return self._run(self._chat(content, settings)).text.strip()

    def _settings(self, seed: int) -> ChatSettings:
        return ChatSettings(
            task=TASK_GENERATE, seed=seed, steps=self.identity.steps, guidance=self.identity.guidance, n=1
        )

    async def _open(self) -> Gateway:
        return await Gateway(self._address).__aenter__()

    async def _paint(self, content: Content, settings: ChatSettings) -> Painted:
        answer = await self._chat(content, settings)
        if len(answer.images) != 1:
            raise InternalError(f"the answer to {_words(content)!r} held {len(answer.images)} pictures, not 1")
        rewrites = [event.rewrite_done.text for event in answer.events if event.HasField("rewrite_done")]
        data = await self._gateway.picture(answer.images[0].object)
        return Painted(decode(data), rewrites[-1].strip() if rewrites else "")

    async def _chat(self, content: Content, settings: ChatSettings) -> Answer:
        pieces = [
            piece if isinstance(piece, str) else await self._gateway.upload(encode_png(piece)) for piece in content
        ]
        return await self._gateway.chat(*pieces, settings=settings)

    def _run(self, call: Coroutine[Any, Any, Result]) -> Result:
        try:
            return self._runner.run(call)
        except grpc.aio.AioRpcError as error:
            raise UnavailableError("gateway", f"{error.code().name}: {error.details()}") from error


def _words(content: Content) -> str:
    return " ".join(piece for piece in content if isinstance(piece, str))
