"""Orders of pictures and the operations they become, at a gateway."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import grpc
from google.longrunning import operations_pb2, operations_pb2_grpc
from google.longrunning.operations_pb2 import Operation

from services.client.failure import failed
from services.client.interrupt import heard
from services.protos.wegen.v1 import image_pb2_grpc, job_pb2

_CALL_S = 60.0
_LARGEST_PAGE = 200
_Answer = TypeVar("_Answer")


class Orders:
    """Every failure is a `ClientError`, a `LostError` where the connection is to blame. Names may be bare ids."""

    def __init__(self, channel: grpc.Channel, server: str) -> None:
        self._server = server
        self._images = image_pb2_grpc.ImageServiceStub(channel)
        self._operations = operations_pb2_grpc.OperationsStub(channel)

    def place(self, request: job_pb2.GenerateImagesRequest) -> Operation:
        """The operation that the order has become; the same one for the same `request_id`."""
        return self._asked(lambda: self._images.GenerateImages(request, timeout=_CALL_S))

    def get(self, name: str) -> Operation:
        """The operation now."""
        request = operations_pb2.GetOperationRequest(name=full_name(name))
        return self._asked(lambda: self._operations.GetOperation(request, timeout=_CALL_S))

    def cancel(self, name: str) -> None:
        """Ask for its end."""
        request = operations_pb2.CancelOperationRequest(name=full_name(name))
        self._asked(lambda: self._operations.CancelOperation(request, timeout=_CALL_S))

    def delete(self, name: str) -> None:
        """Forget one that has ended."""
        request = operations_pb2.DeleteOperationRequest(name=full_name(name))
        self._asked(lambda: self._operations.DeleteOperation(request, timeout=_CALL_S))

    def newest(self, count: int, *, done: bool | None) -> Iterator[Operation]:
        """Up to `count` operations, the newest first; all, or those that have ended or have not."""
        wanted, token = "" if done is None else f"done={str(done).lower()}", ""
        while count > 0:
            size = min(count, _LARGEST_PAGE)
            request = operations_pb2.ListOperationsRequest(filter=wanted, page_size=size, page_token=token)
            page = self._page(request)
            yield from page.operations
            count, token = count - len(page.operations), page.next_page_token
            if not token:
                return

    def watch(self, name: str, cursor: str, seconds: float) -> Iterator[job_pb2.WatchJobResponse]:
        """What happens to it, from behind `cursor` on; Ctrl-C ends the watch, not the operation."""
        request = job_pb2.WatchJobRequest(name=full_name(name), cursor=cursor)
        call = self._images.WatchJob(request, timeout=seconds)
        try:
            yield from heard(call)
        except grpc.RpcError as error:
            raise failed(error, self._server) from error

    def _page(self, request: operations_pb2.ListOperationsRequest) -> operations_pb2.ListOperationsResponse:
        return self._asked(lambda: self._operations.ListOperations(request, timeout=_CALL_S))

    def _asked(self, call: Callable[[], _Answer]) -> _Answer:
        try:
            return call()
        except grpc.RpcError as error:
            raise failed(error, self._server) from error


def full_name(name: str) -> str:
    """`name` as the gateway knows it."""
    return name if "/" in name else f"operations/{name}"
