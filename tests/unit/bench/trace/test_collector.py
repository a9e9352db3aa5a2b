from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from bench.trace.collector import Collector
from services.telemetry.otlp import OtlpTracer

TRACE, PARENT, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "30b64e7f1e6bd0f1"


def test_what_a_service_sends_is_kept_as_it_was() -> None:
    with Collector() as collector:
        tracer = OtlpTracer.to(collector.endpoint, service="wegen-test", ratio=1)
        parent = f"00-{TRACE}-{PARENT}-01"
        with tracer.span("call", "server", parent=parent, links=(parent,), attributes={"a": 1, "b": "c"}) as call:
            call.child("work").end()
            call.event("told", {"step": 3})
            call.fail("INTERNAL")
        tracer.close()
        kept, work = collector.trace(TRACE)
    assert (kept.service, kept.name, kept.kind, kept.failed) == ("wegen-test", "call", "server", True)
    assert (kept.parent, kept.links, work.parent) == (PARENT, (PARENT,), kept.id)
    assert kept.attributes == {"a": 1, "b": "c", "error.type": "INTERNAL"}
    assert [(event.name, event.attributes) for event in kept.events] == [("told", {"step": 3})]


def test_tritons_json_is_read_like_protobuf() -> None:
    span = {
        "traceId": TRACE, "spanId": SPAN, "parentSpanId": PARENT, "name": "InferRequest", "kind": 2,
        "startTimeUnixNano": "1000", "endTimeUnixNano": "3000",
        "events": [{"name": "REQUEST_START", "timeUnixNano": "1000"}],
        "attributes": [{"key": "triton.model_name", "value": {"stringValue": "sdxl_denoiser"}}],
    }  # fmt: skip
    scope = {"resourceSpans": [{"scopeSpans": [{"scope": {"name": "triton-server"}, "spans": [span]}]}]}
    with Collector() as collector:
        _post(collector, json.dumps(scope).encode(), "application/json")
        (kept,) = collector.spans
    assert (kept.trace, kept.id, kept.parent, kept.start, kept.end) == (TRACE, SPAN, PARENT, 1000, 3000)
    assert kept.attributes == {"triton.model_name": "sdxl_denoiser"}


@pytest.mark.parametrize(("body", "kind"), [(b"\xff\xff", "application/x-protobuf"), (b"{", "application/json")])
def test_nonsense_is_refused_and_nothing_of_it_kept(body: bytes, kind: str) -> None:
    with Collector() as collector:
        with pytest.raises(urllib.error.HTTPError, match="400"):
            _post(collector, body, kind)
        assert collector.spans == []


def _post(collector: Collector, body: bytes, kind: str) -> None:
    request = urllib.request.Request(f"{collector.endpoint}/v1/traces", body, {"Content-Type": kind})
    urllib.request.urlopen(request, timeout=5).close()
