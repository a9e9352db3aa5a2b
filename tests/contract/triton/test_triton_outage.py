"""Triton killed, restarted, stopped; a model's process killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2_grpc

from deploy.triton.canary import Verdict, ask
from deploy.triton.watch import Reloader, Watch
from services.errors import UnavailableError
from services.inference.channel import connect
from services.inference.denoiser import DenoiserClient, DenoiseRequest
from services.inference.encoder import EncoderClient
from services.inference.health import check_triton, triton_ready
from tests.contract.servers.triton_server import TritonServer
from tests.contract.triton.conftest import picture

Floats = NDArray[np.float32]
T = TypeVar("T")
MODELS = ("eva_clip", "image_preprocess", "reference_encoder", "sdxl_denoiser")


@pytest.fixture(scope="module")
def own_server(model_repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TritonServer]:
    server = TritonServer(model_repository, tmp_path_factory.mktemp("own"), MODELS)
    yield server
    server.stop()


@pytest.fixture
def server(own_server: TritonServer) -> TritonServer:
    """One that a test may harm; it runs again for the next."""
    if not own_server.process or own_server.process.poll() is not None:
        own_server.start()
    return own_server


def test_a_busy_port_is_one_sentence(server: TritonServer, tmp_path: Path) -> None:
    second = TritonServer(server.repository, tmp_path / "second", ports=server.ports)
    ended = subprocess.run(second.command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"triton: port {server.ports[0]} on 127.0.0.1 cannot be used")
    assert ended.stderr.count("\n") == 1


async def test_models_that_are_missing_are_named(server: TritonServer) -> None:
    await triton_ready(server.url, ["reference_encoder"])
    with pytest.raises(UnavailableError, match="vae_decoder"):
        await triton_ready(server.url, ["reference_encoder", "vae_decoder"])


async def test_the_watch_brings_a_dead_process_back(server: TritonServer) -> None:
    encoder = EncoderClient(server.url)
    with connect(server.url) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        models = ("eva_clip", "image_preprocess", "sdxl_denoiser")
        watch = Watch(models, lambda model: ask(stub, model, 10), Reloader(stub))
        assert watch.look() == []

        for model in ("image_preprocess", "eva_clip"):
            for pid in server.stubs(model):
                os.kill(pid, signal.SIGKILL)
        with pytest.raises(UnavailableError):
            await encoder.encode(picture(9, 9), request_id="r", timeout=10)
        assert ask(stub, "eva_clip", 10) is Verdict.DEAD

        assert watch.look() == ["eva_clip", "image_preprocess"]
        assert (await encoder.encode(picture(9, 9), request_id="r", timeout=10)).shape[0] == 64
        assert watch.look() == []
    await encoder.close()


async def test_clients_notice_a_crash_and_find_the_restarted_server(server: TritonServer, features: Floats) -> None:
    encoder, denoiser = EncoderClient(server.url), DenoiserClient(server.url)
    before = await encoder.encode(picture(30, 30), request_id="r", timeout=10)
    events = iter(denoiser.denoise(DenoiseRequest(features, 1, 100, 2.0), request_id="r", timeout=60))
    next(events)

    server.kill()

    with pytest.raises(UnavailableError) as caught:
        await asyncio.to_thread(list, events)
    assert caught.value.dependency == "triton"
    with pytest.raises(UnavailableError):
        await encoder.encode(picture(30, 30), request_id="r", timeout=10)
    with pytest.raises(UnavailableError):
        await triton_ready(server.url)
    with pytest.raises(UnavailableError):
        check_triton(server.url)

    server.start()

    after = await until_answer(lambda: encoder.encode(picture(30, 30), request_id="r", timeout=10))
    np.testing.assert_allclose(after, before, atol=1e-5)
    again = DenoiseRequest(features, 1, 3, 2.0)
    steps = await until_answer(
        lambda: asyncio.to_thread(lambda: [*denoiser.denoise(again, request_id="r", timeout=60)])
    )
    assert steps[-1].step == 3
    await encoder.close()
    denoiser.close()


async def until_answer(call: Callable[[], Awaitable[T]]) -> T:
    """Each client connects again by itself, at most a second or so later."""
    end = time.monotonic() + 10
    while True:
        try:
            return await call()
        except UnavailableError:
            assert time.monotonic() < end, "the client does not find Triton again"
            await asyncio.sleep(0.1)


def test_sigterm_lets_running_work_end_and_leaves_no_process(server: TritonServer, features: Floats) -> None:
    assert server.process
    stubs = [pid for model in MODELS for pid in server.stubs(model)]
    assert stubs
    client = DenoiserClient(server.url)
    events = iter(client.denoise(DenoiseRequest(features, 1, 10, 2.0), request_id="r", timeout=60))
    next(events)
    server.process.terminate()
    assert [*events][-1].step == 10
    client.close()
    assert server.process.wait(30) == 0
    assert [pid for pid in stubs if Path(f"/proc/{pid}").exists()] == []
