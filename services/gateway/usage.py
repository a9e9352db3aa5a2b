"""Tokens counted over all generator requests of one chat."""

from __future__ import annotations

from services.protos.wegen.v1 import chat_pb2
from services.telemetry.gateway_metrics import GatewayMetrics


class UsageCount:
    """`prompt`: tokens read, once per generator request, whose candidates share one prefill; `generated`: made."""

    def __init__(self) -> None:
        self.prompt = 0
        self.generated = 0

    def read(self, tokens: int) -> None:
        """A prompt was sent."""
        self.prompt += tokens

    def made(self, tokens: int) -> None:
        """A candidate has made so many tokens."""
        self.generated += tokens

    def report(self, metrics: GatewayMetrics) -> chat_pb2.ChatResponse:
        """Count in `metrics` and give the event for the caller."""
        metrics.tokens.labels(kind="prompt").inc(self.prompt)
        metrics.tokens.labels(kind="generated").inc(self.generated)
        usage = chat_pb2.Usage(prompt_tokens=self.prompt, generated_tokens=self.generated)
        return chat_pb2.ChatResponse(usage=usage)
