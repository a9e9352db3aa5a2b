"""Inputs, and the graphs run in this process to compare with."""

from __future__ import annotations

import io
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
import pytest_asyncio
import torch
from numpy.typing import NDArray
from PIL import Image

from services.inference.decoder import DecoderClient
from services.inference.denoiser import DenoiserClient
from services.inference.encoder import EncoderClient
from services.inference.generator import GeneratorClient
from services.manifest import Manifest
from tests.contract.servers.models import bare_copy
from tests.contract.servers.triton_server import TritonServer
from tests.fakes import sized

Floats = NDArray[np.float32]
Graph = Callable[..., NDArray[Any]]


def picture(width: int, height: int, *, kind: str = "PNG", seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Beside a server, torch's second one only gets in its way."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def authors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the authors', of the member that is served at three sizes."""
    return sized.authors(tmp_path_factory.mktemp("checkpoint") / "authors")


@pytest.fixture(scope="session")
def sized_triton(authors: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TritonServer]:
    """Beside the session's: it serves what one command has made of `authors`."""
    repository = bare_copy(tmp_path_factory.mktemp("sized"))
    shutil.copytree(sized.engines(authors), repository, ignore=shutil.ignore_patterns("*.p*"), dirs_exist_ok=True)
    server = TritonServer(repository, tmp_path_factory.mktemp("triton"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def graphs(model_repository: Path) -> Callable[[str], Graph]:
    """The exported graphs by name, in ONNX Runtime without Triton; each returns its first output."""

    def load(name: str) -> Graph:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        session = ort.InferenceSession(
            str(model_repository / name / "1/model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        return lambda **inputs: np.asarray(session.run(None, inputs)[0])

    return load


@pytest.fixture
def features(manifest: Manifest) -> Floats:
    return np.random.default_rng(1).standard_normal((64, manifest.feature_width)).astype(np.float32)


@pytest.fixture
def latents(manifest: Manifest) -> Floats:
    side = manifest.latent_size
    return np.random.default_rng(2).standard_normal((4, side, side)).astype(np.float32)


@pytest_asyncio.fixture
async def generator(triton: TritonServer) -> AsyncIterator[GeneratorClient]:
    client = GeneratorClient(triton.url)
    yield client
    await client.close()


@pytest_asyncio.fixture
async def encoder(triton: TritonServer) -> AsyncIterator[EncoderClient]:
    client = EncoderClient(triton.url)
    yield client
    await client.close()


@pytest.fixture
def denoiser(triton: TritonServer) -> Iterator[DenoiserClient]:
    client = DenoiserClient(triton.url)
    yield client
    client.close()


@pytest.fixture
def decoder(triton: TritonServer) -> Iterator[DecoderClient]:
    client = DecoderClient(triton.url)
    yield client
    client.close()
