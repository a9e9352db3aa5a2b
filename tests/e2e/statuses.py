"""What a refused call says about itself."""

from __future__ import annotations

from typing import Any

import grpc.aio
from google.rpc import error_details_pb2
from grpc_status import rpc_status


def error_info(error: grpc.aio.AioRpcError) -> error_details_pb2.ErrorInfo | None:
    """The google.rpc.ErrorInfo of a failed call, if it carries one."""
    call: Any = error
    status = rpc_status.from_call(call)
    found = error_details_pb2.ErrorInfo()
    return found if status and any(detail.Unpack(found) for detail in status.details) else None
