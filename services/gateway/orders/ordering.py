"""Accepting orders and telling how they go: what ImageService does for GenerateImages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from google.longrunning import operations_pb2

from services.errors import InvalidArgumentError
from services.gateway.orders.checking import Checking
from services.gateway.orders.naming import operation_id
from services.gateway.orders.view import STATES, View
from services.jobs.operations.service import OperationService
from services.jobs.operations.watching import Cursor
from services.jobs.order import OperationSpec, Snapshot
from services.protos.wegen.v1 import job_pb2

MAX_BATCH = 100


class Ordering:
    """Without state of its own."""

    def __init__(self, operations: OperationService, checking: Checking, view: View) -> None:
        self._operations, self._checking, self._view = operations, checking, view

    async def order(self, requests: Sequence[job_pb2.GenerateImagesRequest]) -> list[operations_pb2.Operation]:
        """Accept all of `requests` or none. WegenError; a wrong field of a batch is named with its place."""
        if not 1 <= len(requests) <= MAX_BATCH:
            raise InvalidArgumentError("requests", f"are {len(requests)}, 1 to {MAX_BATCH} are allowed")
        specs = [await self._spec(request, index, len(requests)) for index, request in enumerate(requests)]
        added = await self._operations.add(specs)
        return [await self._view.operation(await self._operations.get(one.id)) for one in added]

    async def order_one(self, request: job_pb2.GenerateImagesRequest) -> operations_pb2.Operation:
        """Accept `request`. WegenError."""
        added = await self._operations.add([await self._checking.spec(request)])
        return await self._view.operation(Snapshot(added[0]))

    async def watch(self, request: job_pb2.WatchJobRequest) -> AsyncGenerator[job_pb2.WatchJobResponse, None]:
        """Events to the operation's end. InvalidArgumentError; NotFoundError; UnavailableError("database")."""
        cursor = Cursor.decode(request.cursor) if request.cursor else None
        async for told in self._operations.watch(operation_id(request.name), cursor):
            response = job_pb2.WatchJobResponse(cursor=told.cursor)
            if told.picture:
                response.image.CopyFrom(await self._view.image(told.picture))
            elif told.snapshot:
                response.finished.CopyFrom(await self._view.operation(told.snapshot))
            elif told.state:
                response.state = STATES[told.state]
            yield response

    async def _spec(self, request: job_pb2.GenerateImagesRequest, index: int, count: int) -> OperationSpec:
        try:
            return await self._checking.spec(request)
        except InvalidArgumentError as error:
            if count == 1:
                raise
            problem = error.message.removeprefix(f"{error.field}: ")
            raise InvalidArgumentError(f"requests[{index}].{error.field}", problem, reason=error.reason) from error
