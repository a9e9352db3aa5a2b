"""Spans by OpenTelemetry's SDK, sent by OTLP over HTTP. Imported only where traces are kept.

Requests never wait for the collector: spans go into a bounded queue that a thread empties, and are dropped when it is
full. OpenTelemetry's own variables (OTEL_EXPORTER_OTLP_HEADERS, OTEL_RESOURCE_ATTRIBUTES ...) hold as everywhere.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Sequence
from contextvars import Token
from types import TracebackType
from typing import Self

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, get_current_span, set_span_in_context
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace import Tracer as OtelTracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from services.errors import WegenError
from services.telemetry.logs import PRIVATE, WITHHELD
from services.telemetry.patience import PatientExporter
from services.telemetry.spans import (
    PARENT,
    STATE,
    Attributes,
    Kind,
    Metadata,
    Span,
    Value,
    enter,
    joined,
    leave,
    parted,
)

_DELAY_S = 1.0
# At a stop; a live collector takes milliseconds. The gateway's own grace comes before it.
_FLUSH_S = 1.5
_LONGEST_VALUE = 256
_KINDS: dict[Kind, SpanKind] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}
_PROPAGATOR = TraceContextTextMapPropagator()


class OtlpTracer:
    """A `Tracer` of `service`; of the traces that begin here it keeps `ratio`, of others what their parents say."""

    def __init__(self, exporter: SpanExporter, *, service: str, ratio: float, delay_s: float = _DELAY_S) -> None:
        self._exporter = exporter
        instance = f"{socket.gethostname()}:{os.getpid()}"
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(ratio)),
            resource=Resource.create(
                {"service.namespace": "wegen", "service.name": service, "service.instance.id": instance}
            ),
            shutdown_on_exit=False,
            span_limits=SpanLimits(max_attribute_length=_LONGEST_VALUE),
        )
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter, schedule_delay_millis=delay_s * 1000))
        self._tracer = self._provider.get_tracer("wegen.serve")

    @classmethod
    def to(cls, endpoint: str, *, service: str, ratio: float) -> Self:
        """The tracer whose spans go to the collector at `endpoint`, a base URL."""
        return cls(PatientExporter.to(f"{endpoint}/v1/traces"), service=service, ratio=ratio)

    def span(
        self,
        name: str,
        kind: Kind,
        *,
        parent: str | None = None,
        links: Sequence[str | None] = (),
        attributes: Attributes | None = None,
        start: int | None = None,
    ) -> Span:
        """See `Tracer.span`."""
        places = [get_current_span(_context(link)).get_span_context() for link in links if link]
        return _begun(
            self._tracer.start_span(
                name,
                # Of its own accord OpenTelemetry would take a parent from a context of its own.
                _context(parent) if parent else Context(),
                _KINDS[kind],
                _clean(attributes),
                [Link(place) for place in places if place.is_valid],
                start,
            ),
            self._tracer,
        )

    def close(self) -> None:
        """See `Tracer.close`."""
        ending = threading.Thread(target=self._provider.shutdown, name="traces-end", daemon=True)
        ending.start()
        ending.join(_FLUSH_S)
        # A collector that does not answer: its exporter stops trying, the rest is lost.
        self._exporter.shutdown()


class _Entered(Span):
    """A span that becomes the current one."""

    def __init__(self, carried: str | None) -> None:
        self.carried = carried
        self._token: Token[Span | None] | None = None

    def __enter__(self) -> Self:
        self._token = enter(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            leave(self._token)
        if error is not None:
            self.fail(error.code if isinstance(error, WegenError) else type(error).__name__)
        self.end()


class _Passing(_Entered):
    """Not sampled: nothing is recorded, and who comes after us hears that nothing shall be."""

    def child(
        self,
        name: str,  # noqa: ARG002
        kind: Kind = "internal",  # noqa: ARG002
        attributes: Attributes | None = None,  # noqa: ARG002
        start: int | None = None,  # noqa: ARG002
    ) -> Span:
        return _Passing(self.carried)


class _Recording(_Entered):
    recording = True

    def __init__(self, span: OtelSpan, tracer: OtelTracer) -> None:
        place = span.get_span_context()
        super().__init__(_carried(place))
        self._span, self._tracer = span, tracer
        self.trace_id, self.span_id = f"{place.trace_id:032x}", f"{place.span_id:016x}"
        self._ended = False

    @property
    def headers(self) -> Metadata:
        return tuple(parted(self.carried or "").items())

    def child(
        self, name: str, kind: Kind = "internal", attributes: Attributes | None = None, start: int | None = None
    ) -> Span:
        within = set_span_in_context(self._span, Context())
        begun = self._tracer.start_span(name, within, _KINDS[kind], _clean(attributes), start_time=start)
        return _begun(begun, self._tracer)

    def set(self, name: str, value: Value) -> None:
        self._span.set_attributes(_clean({name: value}) or {})

    def event(self, name: str, attributes: Attributes | None = None) -> None:
        self._span.add_event(name, _clean(attributes))

    def fail(self, error: str) -> None:
        self._span.set_status(Status(StatusCode.ERROR))
        self.set("error.type", error)

    def end(self, at: int | None = None) -> None:
        if not self._ended:
            self._ended = True
            self._span.end(at)


def _begun(span: OtelSpan, tracer: OtelTracer) -> Span:
    return _Recording(span, tracer) if span.is_recording() else _Passing(_carried(span.get_span_context()))


def _carried(place: SpanContext) -> str | None:
    if not place.is_valid:
        return None
    parent = f"00-{place.trace_id:032x}-{place.span_id:016x}-{place.trace_flags:02x}"
    return joined(parent, place.trace_state.to_header())


def _context(carried: str) -> Context:
    """What cannot be read is as if it were not there."""
    headers = parted(carried)
    return _PROPAGATOR.extract({key: headers[key] for key in (PARENT, STATE) if key in headers}, Context())


def _clean(attributes: Attributes | None) -> dict[str, Value] | None:
    """As in the logs: what people wrote or uploaded, and keys, stay out, whoever passes them."""
    if not attributes:
        return None
    return {name: WITHHELD if _private(name, value) else value for name, value in attributes.items()}


def _private(name: str, value: object) -> bool:
    return name.rpartition(".")[2] in PRIVATE or not isinstance(value, str | bool | int | float)
