from __future__ import annotations

from collections.abc import Sequence

import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from services.telemetry.otlp import OtlpTracer
from services.telemetry.patience import PatientExporter
from tests.contract.servers.ports import free_port


class Moody(SpanExporter):
    away = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.FAILURE if self.away else SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        pass


def test_an_absence_is_one_line_and_so_is_its_end() -> None:
    moody = Moody()
    patient = PatientExporter(moody)
    with structlog.testing.capture_logs() as lines:
        for away in (False, True, True, True, False, False):
            moody.away = away
            patient.export(())
    assert [line["event"] for line in lines] == ["the collector takes no traces", "the collector takes traces again"]


def test_a_collector_that_is_not_there_costs_a_line() -> None:
    with structlog.testing.capture_logs() as lines:
        tracer = OtlpTracer.to(f"http://127.0.0.1:{free_port()}", service="wegen-test", ratio=1)
        for _ in range(1000):
            tracer.span("call", "server").end()
        tracer.close()
    assert len(lines) <= 1
