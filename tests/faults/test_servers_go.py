from __future__ import annotations

import asyncio

import redis

from tests.contract.servers.ports import free_port
from tests.contract.servers.postgres_server import PostgresServer
from tests.contract.servers.proxy import Wire
from tests.contract.servers.radosgw import S3Server
from tests.contract.servers.workers import Workers
from tests.faults.conftest import AWAY_S, Plant


async def test_redis_goes_and_comes_back(plant: Plant, redis_port: int) -> None:
    wire = Wire(free_port(), redis_port)
    plant.changes["redis_url"] = f"redis://127.0.0.1:{wire.port}/13"
    plant.start()
    jobs = await plant.submit()
    await plant.begun(jobs)
    wire.cut()
    await asyncio.sleep(AWAY_S)
    wire.join()
    await plant.all_succeed_once(jobs)
    wire.cut()


async def test_redis_is_emptied(plant: Plant) -> None:
    plant.start()
    jobs = await plant.submit()
    await plant.begun(jobs)
    with redis.Redis.from_url(plant.workers.settings.redis_url) as client:
        client.flushall()
    await plant.all_succeed_once(jobs)


async def test_the_database_is_restarted(plant: Plant, postgres: PostgresServer) -> None:
    plant.start()
    jobs = await plant.submit()
    await plant.begun(jobs)
    await asyncio.to_thread(postgres.stop)
    await asyncio.to_thread(postgres.start)
    await plant.all_succeed_once(jobs)


async def test_the_store_goes_and_comes_back(plant: Plant, workers: Workers, s3: S3Server) -> None:
    wire = Wire(free_port(), s3.port)
    keys = {"s3_access_key": s3.access_key, "s3_secret_key": s3.secret_key}
    address = {"s3_endpoint": f"127.0.0.1:{wire.port}", "s3_secure": False, "s3_create_bucket": True}
    plant.changes |= {"store": "s3", **keys, **address}
    kind = type(workers.settings)
    workers.settings = kind.model_validate(workers.settings.model_dump() | plant.changes)
    plant.start()
    jobs = await plant.submit()
    await plant.begun(jobs)
    wire.cut()
    await asyncio.sleep(AWAY_S)
    wire.join()
    await plant.all_succeed_once(jobs)
    wire.cut()
