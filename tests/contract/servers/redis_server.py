"""One real Redis for the test session, and a wire to it that a test may cut."""

from __future__ import annotations

import itertools
import subprocess
import time
from collections.abc import Iterator

import pytest
import redis

from deploy.redis.server import command, environment, find
from tests.contract.servers.ports import answers, free_port
from tests.contract.servers.proxy import Wire

_databases = itertools.count()


@pytest.fixture(scope="session")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port, program = free_port(), find()
    line = command(program, port=port, folder=tmp_path_factory.mktemp("redis"))
    server = subprocess.Popen(line, env=environment(program), stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while not answers(port):
            assert server.poll() is None, "redis-server ended at the start"
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.02)
        yield port
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def redis_url(redis_port: int) -> str:
    """An empty database for each test."""
    url = f"redis://127.0.0.1:{redis_port}/{next(_databases) % 14}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture
def wire(redis_port: int) -> Iterator[Wire]:
    wire = Wire(free_port(), redis_port)
    yield wire
    wire.cut()
