"""A dependency that is away is named; when it is back, so is the service, without a restart of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from bench.chats import Gateway
from deploy.local.readiness import gateway_ready, triton_ready
from deploy.local.stack import Stack
from services.protos.wegen.v1.chat_pb2 import REWRITE_OFF, ChatSettings
from tests.e2e.conftest import Eventually
from tests.e2e.statuses import error_info

QUICK = ChatSettings(rewrite=REWRITE_OFF, steps=2, seed=1)
Away = Callable[[], object]


async def works(gateway: Gateway) -> bool:
    try:
        return (await gateway.chat("a red circle", settings=QUICK)).finished
    except grpc.aio.AioRpcError:
        return False


async def unavailable(gateway: Gateway) -> str | None:
    """The dependency that the refusal names; None when it was no refusal of this kind."""
    try:
        await gateway.chat("a red circle", settings=QUICK, timeout=60)
    except grpc.aio.AioRpcError as error:
        info = error_info(error)
        if error.code() is grpc.StatusCode.UNAVAILABLE and info is not None:
            return str(info.metadata["dependency"])
    return None


@contextmanager
def stopped(stack: Stack, program: str) -> Iterator[None]:
    stack.supervisor.stop_program(program)
    try:
        yield
    finally:
        stack.supervisor.start_program(program)


@contextmanager
def store_gone(stack: Stack) -> Iterator[None]:
    """A file where the directory was: not even root can write into that."""
    folder = stack.settings.state / "store"
    away = folder.with_name("store.away")
    folder.rename(away)
    folder.write_text("")
    try:
        yield
    finally:
        folder.unlink()
        away.rename(folder)


@pytest.mark.parametrize("dependency", ["redis", "triton", "store"])
async def test_it_is_named_while_away_and_used_again_when_back(
    stack: Stack, gateway: Gateway, eventually: Eventually, dependency: str
) -> None:
    async def back() -> bool:
        return await works(gateway)

    await eventually(back, "pictures to begin with")
    pids = {status.name: status.pid for status in stack.status() if status.name in {"gateway", "worker"}}
    outage = store_gone(stack) if dependency == "store" else stopped(stack, dependency)
    with outage:

        async def named() -> bool:
            return await unavailable(gateway) == dependency

        await eventually(lambda: gateway_ready(stack.settings.gateway_address) is not None, "health says not serving")
        await eventually(named, f"UNAVAILABLE with dependency {dependency}")
    if dependency == "triton":
        await eventually(lambda: triton_ready(stack.settings.triton_http_port) is None, "triton's models loaded again")
    await eventually(back, "pictures again")
    await eventually(lambda: gateway_ready(stack.settings.gateway_address) is None, "health says serving")
    assert {status.name: status.pid for status in stack.status() if status.name in pids} == pids


async def test_health_can_be_asked_for_and_unknown_services_are_not_found(stack: Stack, eventually: Eventually) -> None:
    await eventually(lambda: gateway_ready(stack.settings.gateway_address) is None, "health says serving")
    async with grpc.aio.insecure_channel(stack.settings.gateway_address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        answer = await stub.Check(health_pb2.HealthCheckRequest(service="wegen.v1.ChatService"), timeout=5)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Check(health_pb2.HealthCheckRequest(service="no.such.Service"), timeout=5)
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND
