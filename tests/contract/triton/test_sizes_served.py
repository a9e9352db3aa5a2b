"""Pictures of several sizes in flight at once, through a real Triton, as the plain PyTorch reference paints them."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from tritonclient.grpc import service_pb2_grpc

from export.reference.picture import Painter
from services.errors import CancelledRequestError, InvalidArgumentError
from services.inference.channel import connect
from services.inference.decoder import DecoderClient
from services.inference.denoiser import DenoiserClient, DenoiseRequest
from services.inference.faults import from_message
from services.inference.tensors import Tensor, content, infer_outputs, infer_request
from services.size import Size
from tests.contract.servers.triton_server import TritonServer
from tests.fakes import sized
from tests.fakes.sized import SIZES, TALL, WIDE

Floats = NDArray[np.float32]


@pytest.fixture(scope="module")
def triton(sized_triton: TritonServer) -> TritonServer:
    return sized_triton


@pytest.fixture(scope="module")
def painter(authors: Path) -> Painter:
    return sized.reference(authors).painter


def wish(seed: int, size: Size, steps: int = 8) -> DenoiseRequest:
    return DenoiseRequest(sized.features(seed).numpy(), seed, steps, 1.0 + seed % 3, latents_every=4, size=size)


def painted(painter: Painter, asked: DenoiseRequest) -> list[Floats]:
    """The reference's latents after each step."""
    assert asked.size is not None
    size, features = (asked.size.height, asked.size.width), sized.features(asked.seed)
    return [each.numpy() for each in painter.denoise(features, asked.seed, asked.steps, asked.guidance, size)]


def picture(painter: Painter, latents: Floats) -> NDArray[np.int16]:
    return np.asarray(painter.decode(torch.tensor(latents)), np.int16)


def opened(png: bytes) -> NDArray[np.int16]:
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"), np.int16)


def test_sizes_in_flight_together_are_each_as_painted(
    denoiser: DenoiserClient, decoder: DecoderClient, painter: Painter
) -> None:
    """More than there are rows, of three sizes, one of them given up; then all decoded at once."""
    wishes = [wish(seed, SIZES[seed % 3], 6 + seed % 4) for seed in range(20)]

    def latents(asked: DenoiseRequest) -> Floats:
        with denoiser.denoise(asked, request_id="sized", timeout=120) as stream:
            *_, last = stream
        assert last.latents is not None
        return last.latents

    with ThreadPoolExecutor(20) as threads:
        lost = denoiser.denoise(wish(90, TALL, 100), request_id="lost", timeout=120)
        threading.Timer(0.1, lost.cancel).start()
        found = list(threads.map(latents, wishes))
        pngs = list(threads.map(lambda each: decoder.decode(each, request_id="png", timeout=60), found))
    with pytest.raises(CancelledRequestError):
        list(lost)
    for asked, each, png in zip(wishes, found, pngs, strict=True):
        np.testing.assert_allclose(each, painted(painter, asked)[-1], atol=2e-3, rtol=0)
        shown = opened(png)
        assert asked.size is not None
        assert shown.shape == (asked.size.height, asked.size.width, 3)
        assert np.abs(shown - picture(painter, each)).max() <= 1


@pytest.mark.parametrize("size", [WIDE, TALL])
def test_latents_tell_their_size_when_a_job_goes_on(denoiser: DenoiserClient, painter: Painter, size: Size) -> None:
    whole = wish(31, size)
    steps = painted(painter, whole)
    rest = DenoiseRequest(whole.features, 31, whole.steps, whole.guidance, latents=steps[4], start_step=5)
    with denoiser.denoise(rest, request_id="rest", timeout=60) as stream:
        *_, last = stream
    assert last.latents is not None
    np.testing.assert_allclose(last.latents, steps[-1], atol=2e-3, rtol=0)


def test_the_synthesizer_paints_in_a_size(triton: TritonServer, painter: Painter) -> None:
    asked = wish(40, WIDE)
    tensors: dict[str, Tensor] = {
        "features": asked.features,
        "seed": np.array([40], np.uint64),
        "steps": np.array([asked.steps], np.int32),
        "guidance": np.array([asked.guidance], np.float32),
        "size": np.array([WIDE.width, WIDE.height], np.int32),
    }
    (png,) = synthesized(triton, tensors)
    assert np.abs(opened(png) - picture(painter, painted(painter, asked)[-1])).max() <= 2


@pytest.mark.parametrize("model", ["sdxl_denoiser", "image_synthesizer"])
def test_another_size_is_refused_with_those_there_are(triton: TritonServer, model: str) -> None:
    tensors: dict[str, Tensor] = {"features": sized.features(1).numpy(), "size": np.array([32, 40], np.int32)}
    with pytest.raises(InvalidArgumentError, match="32x40 is none of 32x32, 40x24, 24x40") as refused:
        synthesized(triton, tensors, model)
    assert refused.value.field == "size"


def test_latents_of_another_size_than_said_are_refused(denoiser: DenoiserClient) -> None:
    square = np.zeros((4, 16, 16), np.float32)
    asked = DenoiseRequest(sized.features(1).numpy(), 1, 4, 1.0, latents=square, start_step=1, size=WIDE)
    with pytest.raises(InvalidArgumentError, match=r"\[4, 16, 16\] is not \[4, 12, 20\] of 40x24"):
        list(denoiser.denoise(asked, request_id="r", timeout=30))


def synthesized(server: TritonServer, tensors: dict[str, Tensor], model: str = "image_synthesizer") -> list[bytes]:
    """The pictures that a stream ends with."""
    request, found = infer_request(model, tensors, request_id="picture"), []
    with connect(server.url) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        for response in stub.ModelStreamInfer(iter((request,)), timeout=60):
            if response.error_message:
                raise from_message(response.error_message)
            outputs = infer_outputs(response.infer_response)
            if outputs:
                found.append(content(outputs, "image"))
    return found
