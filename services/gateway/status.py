"""Our errors as google.rpc.Status, the only form in which one leaves the gateway."""

from __future__ import annotations

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from services.errors import (
    DOMAIN,
    InternalError,
    InvalidArgumentError,
    ResourceExhaustedError,
    UnavailableError,
    WegenError,
)

# Where gRPC libraries of every language look for a google.rpc.Status.
DETAILS = "grpc-status-details-bin"
# A dependency that went is most often back within some seconds, by its supervisor.
_AWAY_S = 5.0


def code(error: WegenError) -> grpc.StatusCode:
    """The gRPC status code of `error`."""
    return grpc.StatusCode[error.code]


def sentence(error: WegenError) -> str:
    """What a caller is told: addresses and other insides of a dependency stay in the log."""
    if isinstance(error, UnavailableError):
        return f"{error.dependency} is unavailable: try again in a moment"
    if isinstance(error, InternalError):
        return "the gateway failed: its log tells more under this request id"
    return error.message


def details(error: WegenError, request_id: str) -> bytes:
    """A serialised Status: ErrorInfo and RequestInfo, BadRequest for a wrong field, RetryInfo where waiting helps."""
    parts: list[Message] = [
        error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata),
        error_details_pb2.RequestInfo(request_id=request_id),
    ]
    if isinstance(error, InvalidArgumentError):
        violation = error_details_pb2.BadRequest.FieldViolation(field=error.field, description=error.message)
        parts.append(error_details_pb2.BadRequest(field_violations=[violation]))
    wait_s = error.retry_after_s if isinstance(error, ResourceExhaustedError) else _AWAY_S
    if isinstance(error, ResourceExhaustedError | UnavailableError):
        delay = Duration()
        delay.FromMilliseconds(round(wait_s * 1000))
        parts.append(error_details_pb2.RetryInfo(retry_delay=delay))
    status = status_pb2.Status(code=code_pb2.Code.Value(error.code), message=sentence(error))
    status.details.extend(_packed(part) for part in parts)
    data: bytes = status.SerializeToString()
    return data


def _packed(part: Message) -> Any:
    box = Any()
    box.Pack(part)
    return box
