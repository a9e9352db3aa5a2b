"""What a real worker on a real Redis says of itself to whoever probes it."""

from __future__ import annotations

import asyncio
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from services.inference.health import WORKER_MODELS
from tests.contract.servers.bench import Bench, spec
from tests.contract.servers.ports import free_port
from tests.contract.servers.workers import Workers
from tests.fakes.triton import FakeTriton

pytestmark = pytest.mark.contract


@pytest.fixture
def triton() -> FakeTriton:
    """It loads the worker's models."""
    triton = FakeTriton()
    triton.models = dict.fromkeys(WORKER_MODELS, "LOADING")
    return triton


@pytest.fixture
def triton_url(triton: FakeTriton) -> Iterator[str]:
    with triton.served() as url:
        yield url


def ask(port: int, path: str) -> tuple[int, str]:
    """Status and words; status 0 while nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


async def until(port: int, status: int, words: str, path: str = "/ready") -> None:
    async with asyncio.timeout(60):
        while True:
            found, said = await asyncio.to_thread(ask, port, path)
            if found == status and words in said:
                return
            await asyncio.sleep(0.1)


async def test_it_is_ready_when_its_models_are_and_not_when_it_stops(
    workers: Workers, bench: Bench, triton: FakeTriton, triton_url: str
) -> None:
    port = free_port()
    process = workers.start(worker_metrics_port=port, triton_url=triton_url, worker_health_s=0.2)
    await until(port, 503, "triton: ")
    assert await asyncio.to_thread(ask, port, "/live") == (200, "well\n")
    triton.models = dict.fromkeys(WORKER_MODELS, "READY")
    await until(port, 200, "well")
    await bench.service.submit(spec(steps=20, step_s=0.1))
    await until(port, 200, "wegen_worker_running_jobs 1.0", "/metrics")
    process.send_signal(signal.SIGTERM)
    await until(port, 503, "no jobs are taken")
    assert await asyncio.to_thread(ask, port, "/live") == (200, "well\n")
