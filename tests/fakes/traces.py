"""A tracer whose spans stay here."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.telemetry.otlp import OtlpTracer


@dataclass
class Traces:
    """`ended` closes the tracer."""

    ratio: float = 1.0
    exporter: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)

    def __post_init__(self) -> None:
        self.tracer = OtlpTracer(self.exporter, service="wegen-test", ratio=self.ratio, delay_s=0.01)

    def ended(self) -> list[ReadableSpan]:
        self.tracer.close()
        return sorted(self.exporter.get_finished_spans(), key=lambda span: span.start_time or 0)

    async def until(self, name: str) -> None:
        """Wait for a span that ends after its caller has heard the answer."""
        await asyncio.to_thread(self._until, name)

    def _until(self, name: str) -> None:
        while not any(span.name == name for span in self.exporter.get_finished_spans()):
            time.sleep(0.01)

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.ended() if span.name == name]


def trace_id(span: ReadableSpan) -> str:
    return f"{span.context.trace_id:032x}"


def span_id(span: ReadableSpan) -> str:
    return f"{span.context.span_id:016x}"


def parent_id(span: ReadableSpan) -> str:
    return f"{span.parent.span_id:016x}" if span.parent else ""


def values(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})
