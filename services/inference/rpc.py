"""A call to Triton as a span, which Triton's own spans are under."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from services.errors import WegenError
from services.telemetry import spans
from services.telemetry.spans import Span

_SERVICE = "inference.GRPCInferenceService"
UNARY, STREAM = "ModelInfer", "ModelStreamInfer"
STATUS = "rpc.response.status_code"


def begun(method: str, model: str) -> Span:
    """The span of a call that begins now; who has begun it ends it."""
    full = f"{_SERVICE}/{method}"
    return spans.child(full, "client", {"rpc.system.name": "grpc", "rpc.method": full, "wegen.model": model})


def failed(span: Span, error: WegenError) -> WegenError:
    """`error`, noted in `span`."""
    span.fail(error.code)
    span.set(STATUS, error.code)
    return error


@contextmanager
def calling(method: str, model: str) -> Iterator[Span]:
    """The span of a whole call."""
    with begun(method, model) as span:
        try:
            yield span
        except WegenError as error:
            failed(span, error)
            raise
        span.set(STATUS, "OK")
