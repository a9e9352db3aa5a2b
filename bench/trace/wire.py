"""OTLP as it comes over HTTP: protobuf from most, JSON from Triton."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from bench.trace.span import Event, Span, Value

_IDS = ("traceId", "spanId", "parentSpanId")


class WireError(ValueError):
    """What came is not OTLP."""


def request(body: bytes, content_type: str) -> ExportTraceServiceRequest:
    """The message in `body`; WireError."""
    try:
        if content_type.startswith("application/json"):
            found = ExportTraceServiceRequest()
            json_format.ParseDict(_with_bytes(json.loads(body)), found, ignore_unknown_fields=True)
            return found
        return ExportTraceServiceRequest.FromString(body)
    except (ValueError, DecodeError, json_format.ParseError) as error:
        raise WireError("not an export of traces") from error


def _with_bytes(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """OTLP writes ids in hexadecimal where protobuf's JSON has base64."""
    if isinstance(value, list):
        return [_with_bytes(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(one)).decode() if key in _IDS else _with_bytes(one)
        for key, one in value.items()
    }


def spans(request: ExportTraceServiceRequest) -> list[Span]:
    """Every span of one export."""
    return list(_spans(request))


def _spans(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for resource in request.resource_spans:
        service = str(_values(resource.resource.attributes).get("service.name", ""))
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield _span(span, service)


def _span(span: trace_pb2.Span, service: str) -> Span:
    return Span(
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        service=service,
        name=span.name,
        kind=trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        attributes=_values(span.attributes),
        events=tuple(Event(one.name, one.time_unix_nano, _values(one.attributes)) for one in span.events),
        links=tuple(one.span_id.hex() for one in span.links),
        failed=span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
    )


def _values(pairs: Sequence[KeyValue]) -> dict[str, Value]:
    # Lists and maps, of which Triton sends some, are not asked for here.
    kinds = {"string_value", "bool_value", "int_value", "double_value"}
    found = ((pair.key, pair.value, pair.value.WhichOneof("value")) for pair in pairs)
    return {key: getattr(value, kind) for key, value, kind in found if kind in kinds}
