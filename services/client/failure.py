"""A failed call as one sentence."""

from __future__ import annotations

from typing import cast

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status


class ClientError(Exception):
    """What went wrong, in one sentence for the person at the terminal."""


def sentence(error: grpc.RpcError, server: str) -> str:
    """What `error`, from a call to `server`, means."""
    code, details = _code(error), _details(error)
    if code is grpc.StatusCode.UNAVAILABLE and not _is_ours(error):
        return f"no gateway answers at {server}: is it running? (`make up` starts one)"
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return "the answer took longer than --timeout allows"
    if code is grpc.StatusCode.CANCELLED:
        return "cancelled"
    return details or f"the gateway answered {code.name}"


def _code(error: grpc.RpcError) -> grpc.StatusCode:
    # What calls raise is a Call too; grpc's types do not say so.
    code: grpc.StatusCode = error.code()
    return code


def _details(error: grpc.RpcError) -> str:
    return str(error.details() or "")


def _is_ours(error: grpc.RpcError) -> bool:
    """Whether the gateway itself sent the status, rather than the network between."""
    status = rpc_status.from_call(cast("grpc.Call", error))
    return status is not None and any(detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR) for detail in status.details)
