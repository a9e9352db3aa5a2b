"""Reading what a refused call says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from services.errors import DOMAIN


@dataclass(frozen=True)
class Refusal:
    """The parts of a google.rpc.Status."""

    code: grpc.StatusCode
    message: str
    reason: str
    metadata: dict[str, str]
    fields: list[str]
    retry_seconds: float | None


def refusal(error: grpc.aio.AioRpcError) -> Refusal:
    """The status of `error`, which must be complete and ours."""
    status = rpc_status.from_call(cast("grpc.Call", error))
    assert status is not None
    info, bad, retry = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
    found = {
        type(part): detail.Unpack(part)
        for part in (info, bad, retry)
        for detail in status.details
        if detail.Is(part.DESCRIPTOR)
    }
    assert found[error_details_pb2.ErrorInfo]
    assert info.domain == DOMAIN
    assert "Traceback" not in status.message
    assert status.message == error.details()
    retry_seconds = retry.retry_delay.ToMilliseconds() / 1000 if error_details_pb2.RetryInfo in found else None
    fields = [violation.field for violation in bad.field_violations]
    return Refusal(error.code(), status.message, info.reason, dict(info.metadata), fields, retry_seconds)
