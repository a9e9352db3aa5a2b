from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import StatusCode

from services.errors import UnavailableError
from services.telemetry import spans
from services.telemetry.logs import WITHHELD
from services.telemetry.otlp import OtlpTracer
from tests.fakes.traces import Traces, parent_id, span_id, trace_id, values

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED, UNSAMPLED = (f"00-{TRACE}-{CALLER}-{flags}" for flags in ("01", "00"))


def test_a_callers_trace_goes_on_and_what_is_within_is_below() -> None:
    traces = Traces()
    with traces.tracer.span("call", "server", parent=f"{SAMPLED} vendor=1"), spans.child("work") as work:
        spans.event("first", {"step": 1})
        assert work.carried == f"00-{TRACE}-{work.span_id}-01 vendor=1"
        assert dict(work.headers) == {"traceparent": f"00-{TRACE}-{work.span_id}-01", "tracestate": "vendor=1"}
    call, inner = traces.ended()
    assert {trace_id(call), trace_id(inner)} == {TRACE}
    assert (parent_id(call), parent_id(inner)) == (CALLER, span_id(call))
    assert [event.name for event in inner.events] == ["first"]


def test_whom_the_caller_does_not_sample_is_not_recorded_and_tells_the_next_so() -> None:
    traces = Traces()
    with traces.tracer.span("call", "server", parent=UNSAMPLED), spans.child("work") as work:
        assert (work.recording, work.headers) == (False, ())
        assert work.carried is not None
        assert work.carried.startswith(f"00-{TRACE}-")
        assert work.carried.endswith("-00")
    assert traces.ended() == []


@pytest.mark.parametrize(("ratio", "kept"), [(0.0, 0), (1.0, 20)])
def test_the_ratio_is_of_traces_that_begin_here(ratio: float, kept: int) -> None:
    traces = Traces(ratio)
    for _ in range(20):
        traces.tracer.span("root", "internal").end()
    traces.tracer.span("call", "server", parent=SAMPLED).end()
    assert len(traces.ended()) == kept + 1


@pytest.mark.parametrize("broken", ["nonsense", "00-0-0-01", f"ff-{TRACE}-{CALLER}-01", f"{SAMPLED}-more"])
def test_a_place_that_cannot_be_read_is_as_if_it_were_not_there(broken: str) -> None:
    traces = Traces()
    traces.tracer.span("call", "server", parent=broken, links=(broken, None)).end()
    (call,) = traces.ended()
    assert (call.parent, list(call.links)) == (None, [])


def test_a_wait_has_its_own_times_and_a_place_to_look_back_to() -> None:
    traces = Traces()
    wait = traces.tracer.span("wait", "internal", links=(SAMPLED,), start=1_000)
    wait.end(3_000)
    wait.end(9_000)
    (span,) = traces.ended()
    assert (span.start_time, span.end_time) == (1_000, 3_000)
    assert [f"{link.context.span_id:016x}" for link in span.links] == [CALLER]


def test_what_people_wrote_and_secrets_are_withheld_and_nothing_is_long() -> None:
    traces = Traces()
    with traces.tracer.span("call", "server", attributes={"wegen.prompt": "a secret wish"}) as span:
        span.set("secret_key", "s3cret")
        span.set("image", b"PNG")  # type: ignore[arg-type]  # what a careless caller does
        span.set("note", "n" * 1000)
        span.event("told", {"caption.text": "words"})
    (ended,) = traces.ended()
    assert values(ended) == {
        "wegen.prompt": WITHHELD, "secret_key": WITHHELD, "image": WITHHELD, "note": "n" * 256
    }  # fmt: skip
    assert dict(ended.events[0].attributes or {}) == {"caption.text": WITHHELD}


def test_an_error_is_its_kind_and_never_its_words() -> None:
    traces = Traces()
    for error in (UnavailableError("triton", "at 10.0.0.1"), ValueError("a red circle")):
        with pytest.raises(type(error)), traces.tracer.span("call", "server"):
            raise error
    first, second = traces.ended()
    assert [values(span)["error.type"] for span in (first, second)] == ["UNAVAILABLE", "ValueError"]
    assert {span.status.status_code for span in (first, second)} == {StatusCode.ERROR}
    assert "circle" not in second.to_json()
    assert second.events == ()


def test_a_collector_that_never_answers_does_not_keep_a_service_from_ending() -> None:
    class Silent(SpanExporter):
        stopped = threading.Event()

        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            self.stopped.wait()
            return SpanExportResult.FAILURE

        def shutdown(self) -> None:
            self.stopped.set()

    silent = Silent()
    tracer = OtlpTracer(silent, service="wegen-test", ratio=1)
    for _ in range(5000):
        tracer.span("call", "server").end()
    tracer.close()
    assert silent.stopped.is_set()
