"""Cancels, deadlines, full house and stopping: nothing is left running."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.protos.wegen.v1 import chat_pb2, image_pb2
from tests.fakes.gateway import FakeGateway
from tests.unit.services.gateway.conftest import Caller
from tests.unit.services.gateway.errors import refusal

WISH = "a red circle"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  fakes set no event for every state
            await asyncio.sleep(0.005)


async def read_to(call: grpc.aio.UnaryStreamCall[chat_pb2.ChatRequest, chat_pb2.ChatResponse], kind: str) -> None:
    async for event in call:
        if event.WhichOneof("event") == kind:
            return


async def test_a_cancel_while_rewriting_cancels_the_generator(caller: Caller, fake: FakeGateway) -> None:
    fake.generator.hold = asyncio.Event()
    call = caller.chat(WISH, n=4)
    await read_to(call, "started")
    await until(lambda: fake.generator.running == 1)
    call.cancel()
    await until(lambda: fake.generator.running == 0)
    assert fake.generator.abandoned == 1
    assert fake.jobs.specs == []
    await until(lambda: fake.metrics.active_chats._value.get() == 0)


async def test_a_cancel_while_painting_cancels_every_job(caller: Caller, fake: FakeGateway) -> None:
    fake.jobs.hold = asyncio.Event()
    call = caller.chat(WISH, n=3)
    await until(lambda: len(fake.jobs.jobs) == 3)
    await read_to(call, "image_progress")
    call.cancel()
    await until(lambda: sorted(fake.jobs.cancelled) == ["job1", "job2", "job3"])


async def test_a_cancel_during_submission_cancels_the_job_that_comes_of_it(caller: Caller, fake: FakeGateway) -> None:
    fake.jobs.submitting = asyncio.Event()
    call = caller.chat(WISH)
    await read_to(call, "rewrite_done")
    await until(lambda: len(fake.jobs.specs) == 1)
    call.cancel()
    await asyncio.sleep(0.05)
    fake.jobs.submitting.set()
    await until(lambda: fake.jobs.cancelled == ["job1"])


async def test_a_deadline_reaches_generator_and_job_and_stops_them(caller: Caller, fake: FakeGateway) -> None:
    fake.jobs.hold = asyncio.Event()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await caller.events(WISH, timeout=1.5)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await until(lambda: fake.jobs.cancelled == ["job1"])
    assert fake.jobs.specs[0].deadline is not None
    timeout = fake.generator.timeouts[0]
    assert timeout is not None
    assert 0 < timeout <= 1.5


async def test_the_gateway_has_a_limit_of_its_own(fake: FakeGateway) -> None:
    fake.timeout = 1.0
    fake.jobs.hold = asyncio.Event()
    async with grpc.aio.insecure_channel(await fake.start()) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await Caller(channel).events(WISH)
        assert refusal(caught.value).code is grpc.StatusCode.DEADLINE_EXCEEDED
    await fake.stop()
    assert fake.jobs.cancelled == ["job1"]


async def test_one_chat_too_many_is_told_when_to_come_back(caller: Caller, fake: FakeGateway) -> None:
    fake.generator.hold = asyncio.Event()
    calls = [caller.chat(WISH) for _ in range(fake.max_chats)]
    await until(lambda: fake.generator.running == fake.max_chats)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await caller.events(WISH)
    refused = refusal(caught.value)
    assert refused.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert refused.retry_seconds == 1
    fake.generator.hold.set()
    for call in calls:
        await read_to(call, "finished")


async def test_health_tells_each_dependency(caller: Caller, fake: FakeGateway) -> None:
    health = health_pb2_grpc.HealthStub(caller.channel)

    async def serving(service: str) -> bool:
        answer = await health.Check(health_pb2.HealthCheckRequest(service=service))
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    names = ("", "triton", "redis", "store", "wegen.v1.ChatService", "wegen.v1.ImageService")
    assert [await serving(name) for name in names] == [True] * 6
    fake.away["redis"] = True
    await fake.server._monitor.publish()
    assert [await serving(name) for name in names] == [False, True, False, True, False, False]
    ready = [
        fake.metrics.registry.get_sample_value("wegen_gateway_dependency_ready", {"dependency": name})
        for name in ("redis", "triton")
    ]
    assert ready == [0, 1]
    fake.away["redis"] = False
    await fake.server._monitor.publish()
    assert await serving("")


async def test_stopping_ends_what_runs_after_the_grace(fake: FakeGateway) -> None:
    fake.jobs.hold = asyncio.Event()
    async with grpc.aio.insecure_channel(await fake.start()) as channel:
        call = Caller(channel).chat(WISH)
        await read_to(call, "image_progress")
        await fake.stop()
        await until(lambda: fake.jobs.cancelled == ["job1"])


async def test_pictures_go_in_and_come_out(caller: Caller, fake: FakeGateway) -> None:
    events = await caller.events(WISH)
    name = next(event.image_done.object for event in events if event.HasField("image_done"))
    got = await caller.images.GetImage(image_pb2.GetImageRequest(object=name))
    assert got.data == fake.store.objects[name]
    assert (got.size_bytes, got.content_type) == (len(got.data), "image/png")
    imported = await caller.images.UploadImage(image_pb2.UploadImageRequest(object=name))
    again = await caller.images.UploadImage(image_pb2.UploadImageRequest(data=got.data))
    assert imported.object == again.object
    assert imported.object.startswith("default/references/")
