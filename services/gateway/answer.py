"""One answer of the chat template: text that streams, and the features of a picture if there is one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing, nullcontext

from services.gateway.call import Call
from services.gateway.ports import Emit, Generator
from services.gateway.prompt import Features
from services.gateway.timing import FirstToken, TokenClock
from services.gateway.tokenizer import Tokenizer
from services.gateway.usage import UsageCount
from services.inference.generator import FeaturesEvent, FinishedEvent, GenerationRequest, TokensEvent
from services.protos.wegen.v1 import chat_pb2
from services.telemetry import spans
from services.telemetry.gateway_metrics import GatewayMetrics


class Answer:
    """`text`: the model's words; `features` [64, D]: its picture's, or None."""

    def __init__(
        self, call: Call, *, generator: Generator, tokenizer: Tokenizer, emit: Emit, metrics: GatewayMetrics
    ) -> None:
        self.text = ""
        self.features: Features | None = None
        self._call, self._generator, self._emit = call, generator, emit
        self._image_start = tokenizer.tokens.image_start
        self._text_vocab = tokenizer.tokens.text_vocab
        self._reader = tokenizer.reader()
        self._first = FirstToken(call, metrics)
        self._clock = TokenClock(self._first, metrics)

    async def run(self, request: GenerationRequest, usage: UsageCount) -> None:
        """Stream the answer to `request`, which has one candidate; errors of the generator leave as they are."""
        usage.read(len(request.ids))
        paints = request.ids[-1] == self._image_start
        if paints:
            self._clock.image_begins()
        with spans.child("answering"), nullcontext() if paints else self._first.awaited():
            await self._read(request, usage)
        await self._tell(self._reader.end())

    async def _read(self, request: GenerationRequest, usage: UsageCount) -> None:
        events = self._generator.generate(request, request_id=self._call.request_id, timeout=self._call.remaining())
        async with aclosing(events):
            async for event in events:
                match event:
                    case TokensEvent():
                        await self._grow(event.ids)
                    case FeaturesEvent():
                        self._clock.features()
                        self.features = event.features
                    case FinishedEvent():
                        usage.made(event.generated_tokens)

    async def _grow(self, ids: Sequence[int]) -> None:
        words = [token for token in ids if token < self._text_vocab]
        if words:
            self._clock.tokens(len(words))
        if self._image_start in ids:
            self._clock.image_begins()
        await self._tell(self._reader.feed(words))

    async def _tell(self, text: str) -> None:
        self.text += text
        if text:
            await self._emit(chat_pb2.ChatResponse(text_delta=chat_pb2.TextDelta(text=text)))
