"""Traces that begin at the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from services.client.failure import ClientError
from services.settings import SettingsError
from services.telemetry import spans
from services.telemetry.settings import TraceSettings
from services.telemetry.spans import Span, Tracer
from services.telemetry.tracing import open_tracer

CHAT = "wegen.v1.ChatService/Chat"
GET_IMAGE = "wegen.v1.ImageService/GetImage"


@contextmanager
def tracing(endpoint: str) -> Iterator[Tracer]:
    """The client's tracer, what it has recorded sent at the end; every trace is kept. ClientError."""
    try:
        settings = TraceSettings.load(traces_endpoint=endpoint, traces_ratio=1.0)
    except SettingsError as error:
        raise ClientError(f"--trace: {error}") from error
    tracer = open_tracer(settings, "wegen-client")
    try:
        yield tracer
    finally:
        tracer.close()


def calling(method: str) -> Span:
    """The span of a call of `method` to the gateway."""
    return spans.child(method, "client", {"rpc.system.name": "grpc", "rpc.method": method})
