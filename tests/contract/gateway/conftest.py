from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from google.longrunning import operations_pb2_grpc

from services.protos.wegen.v1 import image_pb2_grpc
from tests.contract.servers.redis_server import redis_port, redis_url
from tests.contract.servers.workers import Workers
from tests.contract.worker.conftest import workers
from tests.fakes.denoising import orders
from tests.fakes.gateway import FakeGateway
from tests.fakes.store import MemoryStore

__all__ = ["redis_port", "redis_url", "workers"]


@dataclass
class Door:
    """One gateway, and what a client has of it."""

    gateway: FakeGateway
    address: str
    channel: grpc.aio.Channel

    @classmethod
    async def open(cls, folder: Path, workers: Workers, store: MemoryStore | None = None, **changes: object) -> Door:
        settings = workers.settings.model_dump(include={"database_url", "redis_url", "job_watch_s"})
        gateway = FakeGateway(folder, composes=True, changes={**settings, "job_operation_limit": 5, **changes})
        gateway.store = store or gateway.store
        gateway.generator.features = lambda _seed: orders(step_s=0.02)
        address = await gateway.start()
        return cls(gateway, address, grpc.aio.insecure_channel(address))

    @property
    def images(self) -> image_pb2_grpc.ImageServiceAsyncStub:
        return image_pb2_grpc.ImageServiceStub(self.channel)

    @property
    def operations(self) -> operations_pb2_grpc.OperationsStub:
        return operations_pb2_grpc.OperationsStub(self.channel)

    async def close(self) -> None:
        await self.channel.close(None)
        await self.gateway.stop()


@pytest.fixture
async def door(tmp_path: Path, workers: Workers) -> AsyncIterator[Door]:
    door = await Door.open(tmp_path, workers)
    yield door
    await door.close()
