from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import grpc

from services.protos.wegen.v1 import chat_pb2, image_pb2_grpc, job_pb2
from tests.contract.servers.ports import answers, free_port
from tests.contract.servers.workers import ROOT
from tests.faults.conftest import JOBS, Plant

_STATES = [job_pb2.JOB_STATE_SUCCEEDED]


class Gateway:
    """A gateway process on a port that stays the same."""

    def __init__(self, plant: Plant, folder: Path) -> None:
        settings = plant.workers.settings
        names = ("database_url", "redis_url", "job_watch_s", "job_lease_s")
        values = {f"WEGEN_{name.upper()}": str(getattr(settings, name)) for name in names}
        self._environment = {**os.environ, **values, "STEP_S": "0.05"}
        self._folder, self.port = folder, free_port()

    async def start(self) -> None:
        line = [sys.executable, "-m", "tests.contract.servers.fake_gateway", str(self._folder), str(self.port)]
        self.process = await asyncio.to_thread(
            subprocess.Popen, line, env=self._environment, cwd=ROOT, stdout=subprocess.DEVNULL
        )
        async with asyncio.timeout(60):
            while not answers(self.port):
                assert self.process.poll() is None
                await asyncio.sleep(0.1)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


async def _followed(port: int, name: str) -> list[job_pb2.WatchJobResponse]:
    """Every event to the end, by as many calls as it takes."""
    seen: list[job_pb2.WatchJobResponse] = []
    while not (seen and seen[-1].HasField("finished")):
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            request = job_pb2.WatchJobRequest(name=name, cursor=seen[-1].cursor if seen else "")
            try:
                async for event in image_pb2_grpc.ImageServiceStub(channel).WatchJob(request):
                    seen.append(event)  # noqa: PERF401 - what came before the error counts
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0.3)
    return seen


async def test_clients_of_a_killed_gateway_see_every_event_once(plant: Plant, tmp_path: Path) -> None:
    gateway = Gateway(plant, tmp_path)
    await gateway.start()
    try:
        settings = chat_pb2.ChatSettings(n=1, steps=40)
        order = job_pb2.GenerateImagesRequest(content=[chat_pb2.Part(text="a red circle")], settings=settings)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{gateway.port}") as channel:
            images = image_pb2_grpc.ImageServiceStub(channel)
            batch = await images.BatchGenerateImages(job_pb2.BatchGenerateImagesRequest(requests=[order] * JOBS))
        names = [operation.name for operation in batch.operations]
        clients = [asyncio.create_task(_followed(gateway.port, name)) for name in names]
        plant.start(1)
        await asyncio.sleep(4)
        gateway.kill()
        await gateway.start()
        async with asyncio.timeout(200):
            followed = await asyncio.gather(*clients)
    finally:
        gateway.kill()
    for seen in followed:
        steps = [event.image.step for event in seen if event.HasField("image") and event.image.step]
        steps.pop()  # the end repeats the last step's number
        assert steps == sorted(set(steps))
        states = [event.state for event in seen if event.WhichOneof("event") == "state"]
        assert len(states) == len(set(states))
        assert states[-1:] == _STATES
