"""The whole local stack, whose own supervision brings back what is killed while orders are under way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import grpc
import psutil
import pytest
from google.longrunning import operations_pb2, operations_pb2_grpc

from deploy.local import processes
from deploy.local.stack import Stack
from services.protos.wegen.v1 import chat_pb2, image_pb2_grpc, job_pb2
from tests.contract.servers.stack_settings import own_stack
from tests.e2e.conftest import model_repository
from tests.faults.conftest import JOBS, LONGEST_S

__all__ = ["model_repository"]
pytestmark = pytest.mark.skipif(JOBS < 50, reason="minutes: at full size only, make faults")
STEPS = 60


@pytest.fixture
def stack(model_repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setenv("WEGEN_WORKER_RETRY_S", str(LONGEST_S))
    monkeypatch.setenv("WEGEN_WORKER_SILENCE_S", "20")
    settings = own_stack(tmp_path / "stack", model_repository=model_repository)
    stack = Stack.of(settings)
    try:
        stack.up(lambda _name, _lacks: None)
        yield stack
    finally:
        stack.down()


def _found(stack: Stack, name: str, word: str = "") -> list[psutil.Process]:
    running = processes.of_stack(stack.settings.state)
    return [one for one in running if name in one.name() and word in " ".join(one.cmdline())]


async def _finish(stack: Stack, names: list[str]) -> list[operations_pb2.Operation]:
    """Every operation as it ended."""
    async with grpc.aio.insecure_channel(stack.settings.gateway_address) as channel:
        operations = operations_pb2_grpc.OperationsStub(channel)
        waits = [operations.WaitOperation(operations_pb2.WaitOperationRequest(name=name)) for name in names]
        return list(await asyncio.gather(*waits))


async def _ordered(stack: Stack) -> list[str]:
    """Orders of JOBS pictures, one of which has begun."""
    settings = chat_pb2.ChatSettings(n=1, steps=STEPS, rewrite=chat_pb2.REWRITE_OFF)
    order = job_pb2.GenerateImagesRequest(content=[chat_pb2.Part(text="a red circle")], settings=settings)
    async with grpc.aio.insecure_channel(stack.settings.gateway_address) as channel:
        images = image_pb2_grpc.ImageServiceStub(channel)
        batch = await images.BatchGenerateImages(job_pb2.BatchGenerateImagesRequest(requests=[order] * JOBS))
        names = [operation.name for operation in batch.operations]
        async for event in images.WatchJob(job_pb2.WatchJobRequest(name=names[0])):
            if event.image.step:
                break
    return names


@pytest.mark.parametrize(("program", "word"), [("tritonserver", ""), ("triton_python", "/sdxl_denoiser/")])
async def test_orders_outlive_what_supervision_brings_back(stack: Stack, program: str, word: str) -> None:
    names = await _ordered(stack)
    killed = _found(stack, program, word)
    assert killed
    for process in killed:
        process.kill()
    async with asyncio.timeout(LONGEST_S):
        ended = await _finish(stack, names)
    assert [operation.error.message for operation in ended if not operation.HasField("response")] == []
    assert _found(stack, program, word)
