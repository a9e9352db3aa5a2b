"""Traces of a service, by OpenTelemetry, where its settings name a collector."""

from __future__ import annotations

from services.telemetry.settings import TraceSettings
from services.telemetry.spans import NO_TRACES, Tracer


def open_tracer(settings: TraceSettings, service: str) -> Tracer:
    """The tracer of `service`; without an endpoint none of OpenTelemetry is even imported."""
    if not settings.traces_endpoint:
        return NO_TRACES
    from services.telemetry.otlp import OtlpTracer  # noqa: PLC0415

    return OtlpTracer.to(settings.traces_endpoint, service=service, ratio=settings.traces_ratio)
