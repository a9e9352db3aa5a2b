"""A feature generator that says what it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from services.errors import WegenError
from services.gateway.tokenizer import Tokenizer
from services.generation import Finish
from services.inference.generator import (
    FeaturesEvent,
    FinishedEvent,
    GenerationEvent,
    GenerationRequest,
    ImageMode,
    Sampling,
    TokensEvent,
)

WIDTH = 8
Say = Callable[[GenerationRequest, int], str]
"""The words of a candidate, by the request and the candidate's number in it."""


def dense(caption: str) -> str:
    """A rewriting answer as the model gives it."""
    return f" Here is my detailed description: {caption} Here is the generated image: "


def features_of(seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Features that tell which seed they came from."""
    return np.full((64, WIDTH), seed % 1000, np.float32)


@dataclass
class FakeGenerator:
    """Candidates speak in turn, `chunk` tokens at a time. `hold` keeps all of them from going on after one chunk."""

    tokenizer: Tokenizer
    say: Say
    pictures: bool = True
    reason: Finish = Finish.IMAGE
    chunk: int = 3
    hold: asyncio.Event | None = None
    error: WegenError | None = None
    features: Callable[[int], npt.NDArray[np.float32]] = features_of
    requests: list[GenerationRequest] = field(default_factory=list)
    timeouts: list[float | None] = field(default_factory=list)
    running: int = 0
    abandoned: int = 0

    async def generate(
        self,
        request: GenerationRequest,
        *,
        request_id: str,
        timeout: float | None,  # noqa: ASYNC109
    ) -> AsyncGenerator[GenerationEvent, None]:
        if self.error:
            raise self.error
        self.requests.append(request)
        self.timeouts.append(timeout)
        self.running += 1
        whole = False
        try:
            async for event in self._events(request):
                yield event
            whole = True
        finally:
            self.running -= 1
            self.abandoned += not whole

    async def close(self) -> None:
        return None

    async def _events(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        queues = [self._one(request, i, sampling) for i, sampling in enumerate(request.sampling)]
        first = True
        while any(queues):
            for queue in queues:
                if queue:
                    yield queue.pop(0)
                    await asyncio.sleep(0)
            if first and self.hold:
                await self.hold.wait()
            first = False

    def _one(self, request: GenerationRequest, index: int, sampling: Sampling) -> list[GenerationEvent]:
        tokens = self.tokenizer.tokens
        begun = request.ids[-1] == tokens.image_start
        words = [] if begun else list(self.tokenizer.encode(self.say(request, index)))
        image = self.pictures and request.image is not ImageMode.NEVER
        if image and not begun:
            words.append(tokens.image_start)
        events: list[GenerationEvent] = [
            TokensEvent(index, tuple(words[i : i + self.chunk])) for i in range(0, len(words), self.chunk)
        ]
        if image:
            events.append(FeaturesEvent(index, self.features(sampling.seed)))
        generated = len(words) + (64 if image else 0)
        events.append(FinishedEvent(index, self.reason if image else Finish.STOP, len(request.ids), generated))
        return events
