"""GenerateImages, google.longrunning.Operations and WatchJob over real gRPC, Redis and workers; networks are fakes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.longrunning import operations_pb2
from google.protobuf.duration_pb2 import Duration

from services.protos.wegen.v1 import chat_pb2, job_pb2
from tests.contract.gateway.conftest import Door
from tests.contract.servers.workers import Workers
from tests.unit.services.gateway.errors import refusal

pytestmark = pytest.mark.contract


def order(text: str = "a red circle", *, n: int = 2, steps: int = 4, **fields: Any) -> job_pb2.GenerateImagesRequest:
    settings = chat_pb2.ChatSettings(n=n, steps=steps, seed=7)
    return job_pb2.GenerateImagesRequest(content=[chat_pb2.Part(text=text)], settings=settings, **fields)


def metadata(operation: operations_pb2.Operation) -> job_pb2.GenerateImagesMetadata:
    unpacked = job_pb2.GenerateImagesMetadata()
    assert operation.metadata.Unpack(unpacked)
    return unpacked


async def ended(door: Door, name: str) -> operations_pb2.Operation:
    async with asyncio.timeout(60):
        while True:
            wait = operations_pb2.WaitOperationRequest(name=name, timeout=Duration(seconds=10))
            operation = await door.operations.WaitOperation(wait)
            if operation.done:
                return operation


async def test_an_order_becomes_pictures(door: Door, workers: Workers) -> None:
    workers.start()
    operation = await door.images.GenerateImages(order())
    assert operation.name.startswith("operations/")
    assert metadata(operation).state == job_pb2.JOB_STATE_QUEUED
    done = await ended(door, operation.name)
    response = job_pb2.GenerateImagesResponse()
    assert done.response.Unpack(response)
    assert [image.index for image in response.images] == [0, 1]
    assert len({image.object for image in response.images}) == 2
    assert len({image.caption for image in response.images}) == 2
    assert [(image.step, image.steps) for image in metadata(done).images] == [(4, 4), (4, 4)]


async def test_pictures_that_wait_for_a_worker_tell_their_place(door: Door) -> None:
    names = [(await door.images.GenerateImages(order())).name for _ in range(2)]
    async with asyncio.timeout(60):
        while True:
            shown = [
                await door.operations.GetOperation(operations_pb2.GetOperationRequest(name=name)) for name in names
            ]
            places = [[image.queue_position for image in metadata(one).images] for one in shown]
            if all(places):
                break
            await asyncio.sleep(0.1)
    # Two compositions at once: either may have been the first.
    assert sorted(places) == [[0, 1], [2, 3]]


async def test_an_order_of_another_size_is_made_in_it(door: Door, workers: Workers) -> None:
    workers.start()
    wide = job_pb2.ImageSize(width=24, height=16)
    operations = [await door.images.GenerateImages(order(size=size)) for size in (wide, None)]
    for operation, size in zip(operations, (wide, job_pb2.ImageSize(width=16, height=16)), strict=True):
        response = job_pb2.GenerateImagesResponse()
        assert (await ended(door, operation.name)).response.Unpack(response)
        assert [image.size for image in response.images] == [size, size]


async def test_the_same_request_is_one_operation_and_another_one_a_conflict(door: Door) -> None:
    calls = (door.images.GenerateImages(order(request_id="once")) for _ in range(20))
    assert len({operation.name for operation in await asyncio.gather(*calls)}) == 1
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await door.images.GenerateImages(order("a blue square", request_id="once"))
    assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS


async def test_wrong_fields_are_named_and_nothing_is_kept(door: Door) -> None:
    async def refused(call: Any) -> str:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await call
        assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        return error.value.details() or ""

    images, operations = door.images, door.operations
    sized = order(size=job_pb2.ImageSize(width=5, height=5))
    assert (await refused(images.GenerateImages(order(n=9)))).startswith("settings.n")
    assert "5x5 is none of the model's: 16x16, 24x16" in await refused(images.GenerateImages(sized))
    assert (await refused(images.GenerateImages(order(request_id="a b")))).startswith("request_id")
    batch = job_pb2.BatchGenerateImagesRequest(requests=[order(), order(n=9)])
    assert (await refused(images.BatchGenerateImages(batch))).startswith("requests[1].settings.n")
    assert (await refused(images.BatchGenerateImages(job_pb2.BatchGenerateImagesRequest()))).startswith("requests")
    get = operations.GetOperation(operations_pb2.GetOperationRequest(name="operations/x"))
    assert (await refused(get)).startswith("name")
    for field in ("page_token", "filter"):
        assert (
            await refused(operations.ListOperations(operations_pb2.ListOperationsRequest(**{field: "x"})))
        ).startswith(field)
    with_cursor = images.WatchJob(job_pb2.WatchJobRequest(name="operations/" + "0" * 32, cursor="x"))
    assert (await refused(anext(aiter(with_cursor)))).startswith("cursor")
    assert (await operations.ListOperations(operations_pb2.ListOperationsRequest())).operations == []


async def test_a_full_queue_tells_when_to_come_again(door: Door) -> None:
    batch = job_pb2.BatchGenerateImagesRequest(requests=[order() for _ in range(6)])
    with pytest.raises(grpc.aio.AioRpcError) as full:
        await door.images.BatchGenerateImages(batch)
    assert full.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    trailing: Any = full.value.trailing_metadata()
    (details,) = [value for key, value in trailing if key == "grpc-status-details-bin"]
    assert b"RetryInfo" in details


async def test_an_order_is_cancelled_listed_and_deleted(door: Door) -> None:
    operation = await door.images.GenerateImages(order())
    name = operation.name
    with pytest.raises(grpc.aio.AioRpcError) as running:
        await door.operations.DeleteOperation(operations_pb2.DeleteOperationRequest(name=name))
    assert running.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    await door.operations.CancelOperation(operations_pb2.CancelOperationRequest(name=name))
    done = await ended(door, name)
    assert done.error.code == grpc.StatusCode.CANCELLED.value[0]
    listed = await door.operations.ListOperations(operations_pb2.ListOperationsRequest(filter="done=true"))
    assert [one.name for one in listed.operations] == [name]
    await door.operations.DeleteOperation(operations_pb2.DeleteOperationRequest(name=name))
    with pytest.raises(grpc.aio.AioRpcError) as gone:
        await door.operations.GetOperation(operations_pb2.GetOperationRequest(name=name))
    assert gone.value.code() is grpc.StatusCode.NOT_FOUND


async def test_pages_follow_each_other(door: Door) -> None:
    names = {(await door.images.GenerateImages(order())).name for _ in range(3)}
    first = await door.operations.ListOperations(operations_pb2.ListOperationsRequest(page_size=2))
    token = first.next_page_token
    second = await door.operations.ListOperations(operations_pb2.ListOperationsRequest(page_size=2, page_token=token))
    assert (len(first.operations), len(second.operations), second.next_page_token) == (2, 1, "")
    assert {one.name for one in (*first.operations, *second.operations)} == names


async def _watched(door: Door, name: str) -> list[job_pb2.WatchJobResponse]:
    return [event async for event in door.images.WatchJob(job_pb2.WatchJobRequest(name=name))]


async def test_a_watch_and_a_wait_last_only_so_long(workers: Workers, tmp_path: Path) -> None:
    door = await Door.open(tmp_path, workers, gateway_watch_timeout=0.4)
    try:
        name = (await door.images.GenerateImages(order())).name
        for _ in range(2):
            with pytest.raises(grpc.aio.AioRpcError) as over:
                await _watched(door, name)
            assert over.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            assert refusal(over.value).reason == "WATCH_LIMIT"
        wait = operations_pb2.WaitOperationRequest(name=name, timeout=Duration(seconds=600))
        assert not (await door.operations.WaitOperation(wait)).done
        await door.operations.CancelOperation(operations_pb2.CancelOperationRequest(name=name))
        assert (await _watched(door, name))[-1].finished.done
    finally:
        await door.close()


async def test_a_watcher_comes_back_to_another_gateway_and_misses_nothing(
    door: Door, workers: Workers, tmp_path: Path
) -> None:
    operation = await door.images.GenerateImages(order(n=1, steps=40))
    name, seen = operation.name, []
    stream = door.images.WatchJob(job_pb2.WatchJobRequest(name=name))
    worker = asyncio.create_task(asyncio.to_thread(workers.start))
    async for event in stream:
        seen.append(event)
        if event.image.step:
            break
    stream.cancel()
    await worker
    await ended(door, name)
    other = await Door.open(tmp_path / "other", workers)
    try:
        again = job_pb2.WatchJobRequest(name=name, cursor=seen[-1].cursor)
        seen += [event async for event in other.images.WatchJob(again)]
    finally:
        await other.close()
    steps = [event.image.step for event in seen if event.HasField("image") and event.image.step]
    assert steps == sorted(steps)
    assert steps[-1] == 40
    running = [event for event in seen if event.WhichOneof("event") == "state"]
    states = [event.state for event in running]
    assert len(states) == len(set(states))
    assert states[-1] == job_pb2.JOB_STATE_SUCCEEDED
    assert seen[-1].finished.done
    assert len({event.cursor for event in seen[:-1]}) == len(seen) - 1
