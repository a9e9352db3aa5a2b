"""google.longrunning.Operations over gRPC (AIP-151)."""

from __future__ import annotations

from google.longrunning import operations_pb2, operations_pb2_grpc
from google.protobuf import empty_pb2

from services.errors import InvalidArgumentError
from services.gateway.call import Context, answering
from services.gateway.orders.naming import COLLECTION, after_token, operation_id, page_token
from services.gateway.orders.view import View
from services.jobs.operations.service import OperationService
from services.jobs.transitions import TERMINAL
from services.telemetry.gateway_metrics import GatewayMetrics

_PAGE = 50
_LARGEST_PAGE = 200
_FILTERS = {"": None, "done=true": True, "done=false": False}


class Operations(operations_pb2_grpc.OperationsServicer):  # type: ignore[misc]  # the package has no types
    """The operations of one tenant. `wait_timeout` (seconds) bounds a WaitOperation, whatever it asks for."""

    def __init__(
        self,
        operations: OperationService,
        view: View,
        metrics: GatewayMetrics,
        *,
        timeout: float,
        wait_timeout: float,
    ) -> None:
        self._operations, self._view, self._metrics = operations, view, metrics
        self._timeout, self._wait_timeout = timeout, wait_timeout

    async def GetOperation(  # noqa: N802
        self, request: operations_pb2.GetOperationRequest, context: Context
    ) -> operations_pb2.Operation:
        """The operation now."""
        async with answering(context, "GetOperation", self._timeout, self._metrics):
            return await self._view.operation(await self._operations.get(operation_id(request.name)))

    async def ListOperations(  # noqa: N802
        self, request: operations_pb2.ListOperationsRequest, context: Context
    ) -> operations_pb2.ListOperationsResponse:
        """Newest first, in pages (AIP-158); the filters are done=true and done=false."""
        async with answering(context, "ListOperations", self._timeout, self._metrics):
            if request.name not in ("", COLLECTION):
                raise InvalidArgumentError("name", f"is not {COLLECTION}")
            if request.page_size < 0:
                raise InvalidArgumentError("page_size", "is below 0")
            done = request.filter.replace(" ", "")
            if done not in _FILTERS:
                raise InvalidArgumentError("filter", "is neither done=true nor done=false")
            size = min(request.page_size or _PAGE, _LARGEST_PAGE)
            after = after_token(request.page_token)
            # One more tells whether there is another page.
            found = await self._operations.page(size=size + 1, after=after, done=_FILTERS[done])
            return operations_pb2.ListOperationsResponse(
                operations=[await self._view.operation(one) for one in found[:size]],
                next_page_token=page_token(found[size - 1].operation) if len(found) > size else "",
            )

    async def WaitOperation(  # noqa: N802
        self, request: operations_pb2.WaitOperationRequest, context: Context
    ) -> operations_pb2.Operation:
        """The operation once it has ended, or as it is when the time is over."""
        async with answering(context, "WaitOperation", self._wait_timeout, self._metrics) as call:
            wanted = operation_id(request.name)
            limit = request.timeout.ToTimedelta().total_seconds() if request.HasField("timeout") else call.remaining()
            # Some of the call's time is left for the answer.
            end = call.elapsed() + min(limit, max(0.0, call.remaining() - 0.5))
            snapshot = await self._operations.get(wanted)
            while snapshot.operation.state not in TERMINAL and call.elapsed() < end:
                await self._operations.pause(wanted, end - call.elapsed())
                snapshot = await self._operations.get(wanted)
            return await self._view.operation(snapshot)

    async def CancelOperation(  # noqa: N802
        self, request: operations_pb2.CancelOperationRequest, context: Context
    ) -> empty_pb2.Empty:
        """Ask for the end; the operation is CANCELLED when nothing of it runs any more."""
        async with answering(context, "CancelOperation", self._timeout, self._metrics):
            await self._operations.cancel(operation_id(request.name))
            return empty_pb2.Empty()

    async def DeleteOperation(  # noqa: N802
        self, request: operations_pb2.DeleteOperationRequest, context: Context
    ) -> empty_pb2.Empty:
        """Forget an operation that has ended; its pictures stay until the store's own rules remove them."""
        async with answering(context, "DeleteOperation", self._timeout, self._metrics):
            await self._operations.delete(operation_id(request.name))
            return empty_pb2.Empty()
