"""Each ensemble is what its graphs are, one after the other, in this process."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import grpc
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tritonclient.grpc import service_pb2, service_pb2_grpc

from services.errors import InvalidArgumentError
from services.inference.channel import connect
from services.inference.decoder import DecoderClient
from services.inference.denoiser import DenoiserClient, DenoiseRequest
from services.inference.encoder import EncoderClient
from services.inference.faults import from_message
from services.inference.health import check_triton, triton_ready
from services.inference.tensors import Tensor, content, infer_outputs, infer_request, scalar
from services.manifest import Manifest
from tests.contract.servers.triton_server import TritonServer

Floats = NDArray[np.float32]
Graph = Callable[..., NDArray[Any]]
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def encoded(pixels: NDArray[np.uint8], kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def decoded(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def synthesize(server: TritonServer, tensors: dict[str, Tensor]) -> list[tuple[int, bytes]]:
    request = infer_request("image_synthesizer", tensors, request_id="picture")
    answers = []
    with connect(server.url) as channel:
        for response in service_pb2_grpc.GRPCInferenceServiceStub(channel).ModelStreamInfer(
            iter((request,)), timeout=30
        ):
            if response.error_message:
                raise from_message(response.error_message)
            outputs = infer_outputs(response.infer_response)
            if outputs:
                answers.append((scalar(outputs, "step"), content(outputs, "image")))
    return answers


async def test_every_model_of_the_repository_is_ready(triton: TritonServer) -> None:
    names = sorted(path.parent.name for path in triton.repository.glob("*/config.pbtxt"))
    assert len(names) == 9
    check_triton(triton.url, names)
    await triton_ready(triton.url, names)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_reference_encoder_equals_the_graph(
    kind: str, encoder: EncoderClient, graphs: Callable[[str], Graph], manifest: Manifest
) -> None:
    data = encoded(np.random.default_rng(0).integers(0, 256, (90, 210, 3), np.uint8), kind)
    side = manifest.vision_size
    with Image.open(io.BytesIO(data)) as image:
        resized = np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR), np.float32)
    normalised = (resized / 255 - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    pixels = normalised.transpose(2, 0, 1)[None].astype(np.float32)

    features = await encoder.encode(data, request_id="r", timeout=10)

    assert features.shape == (64, manifest.feature_width)
    np.testing.assert_allclose(features, graphs("eva_clip")(pixels=pixels)[0], atol=1e-4)


def test_image_decoder_equals_the_graph(
    decoder: DecoderClient, graphs: Callable[[str], Graph], latents: Floats, manifest: Manifest
) -> None:
    pixels = decoded(decoder.decode(latents, request_id="r", timeout=10))
    assert pixels.shape == (manifest.image_size, manifest.image_size, 3)
    expected = graphs("vae_decoder")(latents=latents[None])[0]
    assert np.abs(pixels.astype(int) - expected.astype(int)).max() <= 1


def test_latents_of_another_size_are_refused(decoder: DecoderClient, latents: Floats) -> None:
    with pytest.raises(InvalidArgumentError, match="latents: shape"):
        decoder.decode(latents[:, :3], request_id="r", timeout=10)


def test_image_synthesizer_equals_denoiser_and_decoder(
    triton: TritonServer, denoiser: DenoiserClient, decoder: DecoderClient, features: Floats
) -> None:
    tensors: dict[str, Tensor] = {
        "features": features,
        "seed": np.array([7], np.uint64),
        "steps": np.array([6], np.int32),
        "guidance": np.array([2], np.float32),
        "latents_every": np.array([4], np.int32),
    }
    answers = synthesize(triton, tensors)

    with denoiser.denoise(DenoiseRequest(features, 7, 6, 2.0, latents_every=4), request_id="r", timeout=30) as stream:
        due = [(event.step, event.latents) for event in stream if event.latents is not None]
    assert [step for step, _ in answers] == [step for step, _ in due] == [4, 6]
    for (_, image), (_, latents) in zip(answers, due, strict=True):
        expected = decoded(decoder.decode(latents, request_id="r", timeout=10))
        assert np.abs(decoded(image).astype(int) - expected.astype(int)).max() <= 1


def test_image_synthesizer_needs_features_alone(triton: TritonServer, features: Floats, manifest: Manifest) -> None:
    assert [step for step, _ in synthesize(triton, {"features": features})] == [manifest.steps]


def test_a_refusal_comes_through_the_ensemble(triton: TritonServer, features: Floats) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        synthesize(triton, {"features": features, "steps": np.array([0], np.int32)})
    assert caught.value.field == "steps"


def test_requests_that_come_together_are_one_run(triton: TritonServer, manifest: Manifest, latents: Floats) -> None:
    request = infer_request("vae_decoder", {"latents": latents}, request_id="r", batched=True)
    with connect(triton.url) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        before = executions(stub)
        calls = [stub.ModelInfer.future(request, timeout=30) for _ in range(32)]
        pictures = [infer_outputs(call.result())["pixels"] for call in calls]
        inferred, executed = (after - then for after, then in zip(executions(stub), before, strict=True))
    assert inferred == 32
    assert executed <= 16
    for one in pictures:
        np.testing.assert_array_equal(one, pictures[0])


def test_one_bad_request_in_a_batch_harms_no_other(triton: TritonServer, latents: Floats) -> None:
    good = infer_request("vae_decoder", {"latents": latents}, request_id="good", batched=True)
    bad = infer_request("vae_decoder", {"latents": latents[:, :5]}, request_id="bad", batched=True)
    with connect(triton.url) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        calls = [stub.ModelInfer.future(bad if i % 3 == 1 else good, timeout=30) for i in range(12)]
        codes = [call.exception().code() if call.exception() else None for call in calls]
    assert codes == [grpc.StatusCode.INVALID_ARGUMENT if i % 3 == 1 else None for i in range(12)]


def executions(stub: service_pb2_grpc.GRPCInferenceServiceStub) -> tuple[int, int]:
    """Requests served and runs of vae_decoder so far."""
    model = stub.ModelStatistics(service_pb2.ModelStatisticsRequest(name="vae_decoder"), timeout=10).model_stats[0]
    return model.inference_count, model.execution_count
