"""An exporter whose collector may be away for as long as it likes: one line when it goes, one when it is back."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Self

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

_TIMEOUT_S = 5.0
# They say of each batch what we say of each absence.
_CHATTY = ("opentelemetry.exporter", "opentelemetry.sdk")
_log = structlog.get_logger(__name__)


class PatientExporter(SpanExporter):
    """Only the exporting thread calls `export`."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._away = self._closed = False
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.CRITICAL)

    @classmethod
    def to(cls, url: str) -> Self:
        """To a collector's /v1/traces; what it has not taken within some seconds is dropped."""
        return cls(OTLPSpanExporter(endpoint=url, timeout=_TIMEOUT_S))

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send `spans`; whether they were taken."""
        result = self._exporter.export(spans)
        away = result is not SpanExportResult.SUCCESS
        if away and not self._away:
            _log.warning("the collector takes no traces", lost=len(spans))
        elif self._away and not away:
            _log.info("the collector takes traces again")
        self._away = away
        return result

    def shutdown(self) -> None:
        """Stop, also in the middle of an export."""
        if not self._closed:
            self._closed = True
            self._exporter.shutdown()
