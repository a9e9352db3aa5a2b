"""The clients against a small server that speaks Triton's protocol."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from tritonclient.grpc import service_pb2

from services.errors import CancelledRequestError, InternalError, ResourceExhaustedError, UnavailableError
from services.generation import Finish
from services.inference.decoder import DecoderClient
from services.inference.denoiser import DenoiserClient, DenoiseRequest
from services.inference.encoder import EncoderClient
from services.inference.generator import (
    FeaturesEvent,
    FinishedEvent,
    GenerationRequest,
    GeneratorClient,
    ImageMode,
    Sampling,
    TokensEvent,
)
from services.inference.health import check_triton, triton_ready
from services.inference.tensors import Tensor
from services.size import Size
from tests.fakes.triton import Answer, FakeTriton, answer

FEATURES = np.arange(64 * 3, dtype=np.float32).reshape(64, 3)
GENERATION = GenerationRequest((1, 2), (Sampling(9, 0.9, 0.8),), 5, ImageMode.ALLOW)


def number(value: int) -> Tensor:
    return np.array([value], np.int32)


@pytest.fixture
def fake() -> FakeTriton:
    return FakeTriton()


@pytest.fixture
def url(fake: FakeTriton) -> Iterator[str]:
    with fake.served() as url:
        yield url


async def test_generation_events(fake: FakeTriton, url: str) -> None:
    def script(_request: service_pb2.ModelInferRequest) -> Iterator[Answer]:
        yield answer({"event": number(0), "candidate": number(0), "ids": np.array([5, 6], np.int32)})
        yield answer({"event": number(1), "candidate": number(0), "features": FEATURES})
        usage = np.array([2, 68], np.int32)
        yield answer({"event": number(2), "candidate": number(0), "finish": b"image", "usage": usage})
        yield answer({})  # Triton's empty final response

    fake.script = script
    client = GeneratorClient(url)
    tokens, features, finished = [e async for e in client.generate(GENERATION, request_id="r1", timeout=5)]
    await client.close()
    assert tokens == TokensEvent(0, (5, 6))
    assert isinstance(features, FeaturesEvent)
    np.testing.assert_array_equal(features.features, FEATURES)
    assert finished == FinishedEvent(0, Finish.IMAGE, 2, 68)
    assert fake.requests[0].id == "r1"
    assert "features" not in [one.name for one in fake.requests[0].inputs]


async def test_a_refused_generation(fake: FakeTriton, url: str) -> None:
    fake.script = lambda _request: iter([Answer(error_message="RESOURCE_EXHAUSTED: 64 requests wait")])
    client = GeneratorClient(url)
    with pytest.raises(ResourceExhaustedError, match="64 requests wait"):
        await anext(client.generate(GENERATION, request_id="r", timeout=5))
    await client.close()


async def test_closing_a_generation_cancels_it(fake: FakeTriton, url: str) -> None:
    def script(_request: service_pb2.ModelInferRequest) -> Iterator[Answer]:
        yield answer({"event": number(0), "candidate": number(0), "ids": np.array([5], np.int32)})
        fake.left.wait(10)

    fake.script = script
    client = GeneratorClient(url)
    stream = client.generate(GENERATION, request_id="r", timeout=60)
    await anext(stream)
    assert not fake.left.is_set()
    await stream.aclose()
    assert fake.left.wait(5)
    await client.close()


def test_denoising_events_and_cancel(fake: FakeTriton, url: str) -> None:
    latents = np.ones((1, 4, 2, 2), np.float32)

    def script(_request: service_pb2.ModelInferRequest) -> Iterator[Answer]:
        yield answer({"step": number(1), "steps": number(9)})
        yield answer({"step": number(2), "steps": number(9), "latents": latents})
        fake.left.wait(10)

    fake.script = script
    client = DenoiserClient(url)
    with client.denoise(DenoiseRequest(FEATURES, 1, 9, 2.0), request_id="r", timeout=60) as stream:
        events = iter(stream)
        first, second = next(events), next(events)
        assert (first.step, first.steps, first.latents) == (1, 9, None)
        assert second.latents is not None
        assert second.latents.shape == (4, 2, 2)
        threading.Timer(0.01, stream.cancel).start()
        with pytest.raises(CancelledRequestError):
            next(events)
    assert fake.left.wait(5)
    client.close()


def test_resuming_sends_latents_and_step_together(fake: FakeTriton, url: str) -> None:
    client = DenoiserClient(url)
    request = DenoiseRequest(FEATURES, 1, 9, 2.0, latents=np.zeros((4, 2, 2), np.float32), start_step=3)
    assert list(client.denoise(request, request_id="r", timeout=5)) == []
    client.close()
    assert {"latents", "start_step"} <= {one.name for one in fake.requests[0].inputs}


async def test_encoder_and_decoder(fake: FakeTriton, url: str) -> None:
    fake.infer = {"features": FEATURES[None], "image": b"png"}
    encoder, decoder = EncoderClient(url), DecoderClient(url)
    np.testing.assert_array_equal(await encoder.encode(b"jpeg", request_id="r", timeout=5), FEATURES)
    assert decoder.decode(np.zeros((4, 2, 2), np.float32), request_id="r", timeout=5) == b"png"
    await encoder.close()
    decoder.close()


async def test_health_names_what_is_missing(fake: FakeTriton, url: str) -> None:
    fake.models |= {"sdxl_denoiser": "UNAVAILABLE"}
    await triton_ready(url, ["reference_encoder"])
    with pytest.raises(UnavailableError, match=r"sdxl_denoiser \(no file\), vae_decoder"):
        check_triton(url, ["reference_encoder", "sdxl_denoiser", "vae_decoder"])


async def test_nobody_listens() -> None:
    url = "127.0.0.1:1"
    encoder, generator, denoiser = EncoderClient(url), GeneratorClient(url), DenoiserClient(url)
    with pytest.raises(UnavailableError):
        await encoder.encode(b"", request_id="r", timeout=5)
    with pytest.raises(UnavailableError):
        await anext(generator.generate(GENERATION, request_id="r", timeout=5))
    with pytest.raises(UnavailableError):
        list(denoiser.denoise(DenoiseRequest(FEATURES, 1, 2, 1.0), request_id="r", timeout=5))
    with pytest.raises(UnavailableError):
        await triton_ready(url)
    await encoder.close()
    await generator.close()
    denoiser.close()


def test_an_error_of_the_model_is_ours(fake: FakeTriton, url: str) -> None:
    fake.script = lambda _request: iter([Answer(error_message="Failed to process: division by zero")])
    client = DenoiserClient(url)
    with pytest.raises(InternalError, match="division by zero"):
        list(client.denoise(DenoiseRequest(FEATURES, 1, 2, 1.0), request_id="r", timeout=5))
    client.close()


def test_a_size_travels_as_width_and_height(fake: FakeTriton, url: str) -> None:
    client = DenoiserClient(url)
    for size in (None, Size(24, 16)):
        with contextlib.suppress(UnavailableError):
            list(client.denoise(DenoiseRequest(FEATURES, 1, 9, 2.0, size=size), request_id="r", timeout=5))
    client.close()
    own, sized = fake.requests
    assert "size" not in {one.name for one in own.inputs}
    place = [one.name for one in sized.inputs].index("size")
    assert np.frombuffer(sized.raw_input_contents[place], np.int32).tolist() == [24, 16]
