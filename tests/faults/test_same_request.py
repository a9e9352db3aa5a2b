from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import grpc
from google.longrunning import operations_pb2, operations_pb2_grpc

from services.protos.wegen.v1 import chat_pb2, image_pb2_grpc, job_pb2
from tests.contract.servers.gateway_process import GatewayProcess
from tests.faults.conftest import LONGEST_S, Plant

TIMES = 100


async def test_a_request_sent_a_hundred_times_at_once_to_two_gateways_is_one_job(plant: Plant, tmp_path: Path) -> None:
    gateways = [GatewayProcess(plant.workers.settings, tmp_path / str(number), step_s=0) for number in range(2)]
    settings = chat_pb2.ChatSettings(n=1, steps=5)
    order = job_pb2.GenerateImagesRequest(
        content=[chat_pb2.Part(text="a red circle")], settings=settings, request_id="order-17"
    )
    try:
        await asyncio.gather(*(gateway.start() for gateway in gateways))
        plant.start(1)
        channels = [grpc.aio.insecure_channel(gateway.address) for gateway in gateways]
        stubs = [image_pb2_grpc.ImageServiceStub(channel) for channel in channels]
        calls = (stubs[number % 2].GenerateImages(order, timeout=LONGEST_S) for number in range(TIMES))
        names = {operation.name for operation in await asyncio.gather(*calls)}
        assert len(names) == 1
        operations = operations_pb2_grpc.OperationsStub(channels[0])
        ended = await operations.WaitOperation(operations_pb2.WaitOperationRequest(name=names.pop()))
        listed = await operations.ListOperations(operations_pb2.ListOperationsRequest())
        for channel in channels:
            await channel.close(None)
    finally:
        for gateway in gateways:
            gateway.kill()
    assert ended.HasField("response")
    assert [operation.name for operation in listed.operations] == [ended.name]
    assert len(await plant.objects("default/images/")) == 1
    assert Counter(step for _, _, step in plant.workers.steps()) == Counter(range(1, 6))
