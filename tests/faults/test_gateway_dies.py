from __future__ import annotations

import asyncio
from pathlib import Path

import grpc

from services.protos.wegen.v1 import chat_pb2, image_pb2_grpc, job_pb2
from tests.contract.servers.gateway_process import GatewayProcess
from tests.faults.conftest import JOBS, LONGEST_S, Plant

_STATES = [job_pb2.JOB_STATE_SUCCEEDED]


class Client:
    """Watches an operation to its end, by as many calls as it takes; `seen` is every event."""

    def __init__(self, address: str, name: str) -> None:
        self._address, self._name = address, name
        self.seen: list[job_pb2.WatchJobResponse] = []

    async def follow(self) -> None:
        while not (self.seen and self.seen[-1].HasField("finished")):
            async with grpc.aio.insecure_channel(self._address) as channel:
                cursor = self.seen[-1].cursor if self.seen else ""
                request = job_pb2.WatchJobRequest(name=self._name, cursor=cursor)
                try:
                    async for event in image_pb2_grpc.ImageServiceStub(channel).WatchJob(request):
                        self.seen.append(event)
                except grpc.aio.AioRpcError:
                    await asyncio.sleep(0.3)

    def steps(self) -> list[int]:
        return [event.image.step for event in self.seen if event.HasField("image") and event.image.step]


async def test_clients_of_a_killed_gateway_see_every_event_once(plant: Plant, tmp_path: Path) -> None:
    gateway = GatewayProcess(plant.workers.settings, tmp_path, step_s=0.05)
    await gateway.start()
    try:
        settings = chat_pb2.ChatSettings(n=1, steps=40)
        order = job_pb2.GenerateImagesRequest(content=[chat_pb2.Part(text="a red circle")], settings=settings)
        async with grpc.aio.insecure_channel(gateway.address) as channel:
            images = image_pb2_grpc.ImageServiceStub(channel)
            batch = await images.BatchGenerateImages(job_pb2.BatchGenerateImagesRequest(requests=[order] * JOBS))
        clients = [Client(gateway.address, operation.name) for operation in batch.operations]
        following = [asyncio.create_task(client.follow()) for client in clients]
        plant.start(1)
        async with asyncio.timeout(LONGEST_S):
            # Some are under way, and some have not begun.
            while not any(len(client.steps()) > 3 for client in clients):  # noqa: ASYNC110 - lists
                await asyncio.sleep(0.05)
            gateway.kill()
            await gateway.start()
            await asyncio.gather(*following)
    finally:
        gateway.kill()
    for client in clients:
        steps = client.steps()
        steps.pop()  # the end repeats the last step's number
        assert steps == sorted(set(steps))
        states = [event.state for event in client.seen if event.WhichOneof("event") == "state"]
        assert len(states) == len(set(states))
        assert states[-1:] == _STATES
