"""A Triton answers as the plain PyTorch reference does with the same weights."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from export import presets
from export.reference import ImageMode, Reference, Sampling
from export.weights import default_folder, random_networks
from services.inference.decoder import DecoderClient
from services.inference.denoiser import DenoiserClient, DenoiseRequest
from services.inference.encoder import EncoderClient
from services.inference.generator import FeaturesEvent, GenerationRequest, GeneratorClient, TokensEvent
from services.inference.generator import ImageMode as ServedMode
from services.inference.generator import Sampling as ServedSampling
from services.manifest import FILE
from tests.contract.servers.triton_server import TritonServer
from tests.fakes import sized

pytestmark = pytest.mark.timeout(900)

PRESET = presets.load("wegen-tiny")
STEPS = 6


@dataclass(frozen=True, slots=True)
class Subject:
    """A Triton and the pipeline it is held against."""

    url: str
    reference: Reference


@pytest.fixture(scope="module", params=["repository", "authors"])
def subject(request: pytest.FixtureRequest) -> Subject:
    """The repository's own models; and what one command makes of a folder as the authors'."""
    if request.param == "authors":
        server: TritonServer = request.getfixturevalue("sized_triton")
        return Subject(server.url, sized.reference(request.getfixturevalue("authors")))
    server = request.getfixturevalue("triton")
    repository: Path = request.getfixturevalue("model_repository")
    origin = json.loads((repository / FILE).read_text())["weights"]
    networks = random_networks(PRESET) if set(origin.values()) == {"random"} else None
    return Subject(server.url, Reference(PRESET, default_folder(PRESET), networks))


def gradient() -> Image.Image:
    ramp = Image.linear_gradient("L").resize((150, 90))
    return Image.merge("RGB", (ramp, ramp.transpose(Image.Transpose.FLIP_TOP_BOTTOM), ramp))


async def test_a_reference_picture(subject: Subject) -> None:
    file, client = io.BytesIO(), EncoderClient(subject.url)
    gradient().save(file, "PNG")
    found = await client.encode(file.getvalue(), request_id="encode", timeout=240)
    await client.close()
    np.testing.assert_allclose(found, subject.reference.encode(gradient()).numpy(), atol=1e-4, rtol=0)


async def test_an_answer_with_a_picture(subject: Subject) -> None:
    """Greedy text is the same token by token, then so are the features."""
    prompt = subject.reference.prompt("Generate an image of a red circle on a blue background.")
    wanted = subject.reference.chat(prompt, Sampling(0, 1.0, 0.0), max_tokens=24, image=ImageMode.FORCE)
    client = GeneratorClient(subject.url)
    request = GenerationRequest(prompt.ids, (ServedSampling(0, 1.0, 0.0),), 24, ServedMode.FORCE)
    events = [event async for event in client.generate(request, request_id="answer", timeout=240)]
    await client.close()
    assert [one for event in events if isinstance(event, TokensEvent) for one in event.ids] == wanted.ids
    (features,) = [event.features for event in events if isinstance(event, FeaturesEvent)]
    assert wanted.features is not None
    np.testing.assert_allclose(features, wanted.features.numpy(), atol=1e-3, rtol=0)


def test_a_picture(subject: Subject) -> None:
    features = subject.reference.encode(gradient())
    denoiser, decoder = DenoiserClient(subject.url), DecoderClient(subject.url)
    request = DenoiseRequest(features.numpy(), seed=5, steps=STEPS, guidance=3.0)
    with denoiser.denoise(request, request_id="picture", timeout=240) as stream:
        *_, last = stream
    assert last.latents is not None
    found = Image.open(io.BytesIO(decoder.decode(last.latents, request_id="picture", timeout=240)))
    denoiser.close()
    decoder.close()
    wanted = subject.reference.paint(features, 5, STEPS, 3.0)
    assert found.size == wanted.size
    assert np.abs(np.asarray(found, np.int16) - np.asarray(wanted, np.int16)).max() <= 2
