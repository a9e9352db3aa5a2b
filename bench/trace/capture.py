"""One chat and every span of it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.trace.collector import Collector
from bench.trace.span import Span
from services.client.gateway import Gateway
from services.client.talk import Preferences, Talk
from services.client.trace import tracing
from services.protos.wegen.v1 import chat_pb2

# Every second the stack sends what has ended.
_PATIENCE_S = 30.0
_TRITON_S = 4.0


@dataclass(frozen=True, slots=True)
class Capture:
    """The spans of one chat by their beginning; `whole` if Triton has told of every call it got."""

    spans: tuple[Span, ...]

    @property
    def whole(self) -> bool:
        """Triton 24.10 loses the trace of some requests: it reads on behind the end of their traceparent."""
        parents = {span.parent for span in self.spans}
        return all(span.id in parents for span in self.spans if "wegen.model" in span.attributes)


def captured(
    collector: Collector, address: str, message: str, settings: chat_pb2.ChatSettings, console: Console
) -> Capture:
    """`message` sent to the gateway at `address`, and its trace.

    ClientError; TimeoutError where the stack sends none, as one does that is told of no collector.
    """
    known = {span.trace for span in collector.spans}
    with (
        tempfile.TemporaryDirectory() as folder,
        tracing(collector.endpoint) as tracer,
        Gateway(address) as gateway,
    ):
        Talk(gateway, Preferences(settings, Path(folder), 600), console, tracer=tracer).say(message)
    (root,) = [span for span in collector.spans if span.trace not in known and span.name == "wegen chat"]
    collector.wait(lambda _: _complete(collector.trace(root.trace)), _PATIENCE_S)
    with contextlib.suppress(TimeoutError):
        collector.wait(lambda _: Capture(tuple(collector.trace(root.trace))).whole, _TRITON_S)
    return Capture(tuple(collector.trace(root.trace)))


def _complete(spans: Sequence[Span]) -> bool:
    """Whether no span's parent is missing, and every job that was sent has been worked on."""
    known = {span.id for span in spans} | {""}
    sent, processed = (_count(spans, step) for step in ("send", "process"))
    return all(span.parent in known for span in spans) and sent == processed > 0


def _count(spans: Sequence[Span], step: str) -> int:
    return sum(span.attributes.get("messaging.operation.type") == step for span in spans)
