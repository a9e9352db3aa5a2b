from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.telemetry import spans
from services.telemetry.spans import NO_TRACES, NOTHING, Span, carried_by, joined, parted

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=60)


@pytest.mark.parametrize(
    "program", ["services.gateway.__main__", "services.worker.__main__", "services.client.command"]
)
def test_without_traces_the_sdk_is_not_even_imported(program: str) -> None:
    # Its metrics are, by redis, where they are installed.
    code = (
        f"import sys, {program}\n"
        "from services.telemetry.settings import TraceSettings\n"
        "from services.telemetry.tracing import open_tracer\n"
        "open_tracer(TraceSettings(), 'x').span('a', 'server').child('b').end()\n"
        "sys.exit(any(name.startswith(('opentelemetry.sdk.trace', 'opentelemetry.exporter')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_a_trace_there_is_one_span_for_all_and_it_tells_nobody_anything() -> None:
    with spans.child("a", "client", {"b": 1}) as span:
        span.set("c", 2)
        spans.event("d")
        assert spans.current() is span is NOTHING is NO_TRACES.span("e", "server", parent=PARENT)
    assert (span.recording, span.carried, span.headers) == (False, None, ())


def test_a_span_of_elsewhere_is_current_for_a_while() -> None:
    class Elsewhere(Span):
        pass

    elsewhere = Elsewhere()
    with spans.within(elsewhere):
        assert spans.current() is elsewhere
    assert spans.current() is NOTHING


def test_a_callers_metadata_is_what_a_row_keeps() -> None:
    metadata = (("user-agent", "x"), ("traceparent", PARENT), ("tracestate", "a=1,b=2"), ("other-bin", b"\0"))
    assert carried_by(metadata) == f"{PARENT} a=1,b=2"
    assert carried_by((("tracestate", "a=1"),)) is None


@given(parent=VISIBLE, state=VISIBLE)
def test_what_is_joined_can_be_parted(parent: str, state: str) -> None:
    assert parted(joined(parent, state)) == {"traceparent": parent} | ({"tracestate": state} if state else {})


def test_a_state_too_long_for_a_row_is_left_out() -> None:
    assert joined(PARENT, "a" * 513) == PARENT
    assert len(joined(PARENT, "a" * 512)) == 568
