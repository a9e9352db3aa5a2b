"""The feature generator through its client."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing

import numpy as np
import pytest
from numpy.typing import NDArray

from services.errors import DeadlineExceededError, InvalidArgumentError
from services.inference.generator import (
    MODEL,
    FeaturesEvent,
    FinishedEvent,
    GenerationEvent,
    GenerationRequest,
    GeneratorClient,
    ImageMode,
    Sampling,
    TokensEvent,
)
from services.manifest import Manifest
from tests.contract.servers.triton_server import TritonServer

PROMPT = (1, 20, 30, 40, 50)


def request(*seeds: int, max_tokens: int = 12, image: ImageMode = ImageMode.NEVER) -> GenerationRequest:
    return GenerationRequest(PROMPT, tuple(Sampling(seed, 0.9, 0.8) for seed in seeds), max_tokens, image)


def endless(*seeds: int) -> GenerationRequest:
    """Any token is as likely as any other, so that hundreds come before one that ends the text."""
    return GenerationRequest(PROMPT, tuple(Sampling(seed, 1.0, 100.0) for seed in seeds), 700, ImageMode.NEVER)


async def collect(client: GeneratorClient, wanted: GenerationRequest) -> list[GenerationEvent]:
    return [event async for event in client.generate(wanted, request_id="test", timeout=60)]


def text(events: list[GenerationEvent], candidate: int = 0) -> list[int]:
    return [one for e in events if isinstance(e, TokensEvent) and e.candidate == candidate for one in e.ids]


async def until_free(server: TritonServer) -> None:
    """Gauges are published about once a second."""
    end = time.monotonic() + 15
    while await asyncio.to_thread(server.metric, "wegen_slots_in_use", MODEL):
        assert time.monotonic() < end, "slots are still taken"
        await asyncio.sleep(0.1)


async def test_forced_image(generator: GeneratorClient, manifest: Manifest) -> None:
    events = await collect(generator, request(3, image=ImageMode.FORCE))
    ids = text(events)
    first, start = manifest.tokens.image_first, manifest.tokens.image_start
    begin = ids.index(start)
    assert ids[begin + 1 :] == [*range(first, first + 64), manifest.tokens.image_end]
    features = [event.features for event in events if isinstance(event, FeaturesEvent)]
    assert [one.shape for one in features] == [(64, manifest.feature_width)]
    assert np.isfinite(features[0]).all()
    end = events[-1]
    assert isinstance(end, FinishedEvent)
    assert (end.reason, end.prompt_tokens, end.generated_tokens) == ("image", len(PROMPT), len(ids))


async def test_each_candidate_finishes_once(generator: GeneratorClient) -> None:
    events = await collect(generator, request(1, 2, 3, 4))
    assert sorted(event.candidate for event in events if isinstance(event, FinishedEvent)) == [0, 1, 2, 3]


async def test_features_in_the_prompt_change_the_text(
    generator: GeneratorClient, manifest: Manifest, features: NDArray[np.float32]
) -> None:
    tokens = manifest.tokens
    ids = (1, tokens.image_start, *range(tokens.image_first, tokens.image_first + 64), tokens.image_end, 30, 40)
    sampling = (Sampling(1, 1.0, 0.0),)

    async def answer(given: NDArray[np.float32]) -> NDArray[np.float32]:
        wanted = GenerationRequest(ids, sampling, 1, ImageMode.FORCE, given, tuple(range(2, 66)))
        (found,) = [e.features for e in await collect(generator, wanted) if isinstance(e, FeaturesEvent)]
        return found

    assert not np.allclose(await answer(features), await answer(-features), atol=1e-4)


async def test_same_seed_same_text_alone_and_among_sixteen(generator: GeneratorClient) -> None:
    alone = await collect(generator, request(5, image=ImageMode.FORCE))
    others = [collect(generator, request(seed, seed + 100, image=ImageMode.FORCE)) for seed in range(15)]
    crowd = await asyncio.gather(collect(generator, request(5, image=ImageMode.FORCE)), *others)
    assert text(crowd[0]) == text(alone)
    (first,), (second,) = ([e.features for e in run if isinstance(e, FeaturesEvent)] for run in (alone, crowd[0]))
    np.testing.assert_allclose(first, second, atol=1e-3)
    assert all(sum(isinstance(event, FinishedEvent) for event in run) == 2 for run in crowd[1:])


async def test_closing_the_stream_frees_its_slots(triton: TritonServer, generator: GeneratorClient) -> None:
    async with aclosing(generator.generate(endless(1, 2), request_id="r", timeout=60)) as stream:
        await anext(stream)
    await until_free(triton)


async def test_cancelling_the_task_frees_its_slots(triton: TritonServer, generator: GeneratorClient) -> None:
    started = asyncio.Event()

    async def read() -> None:
        async for _ in generator.generate(endless(*range(8)), request_id="r", timeout=60):
            started.set()

    task = asyncio.create_task(read())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until_free(triton)


async def test_deadline_ends_the_request(triton: TritonServer, generator: GeneratorClient) -> None:
    stream = generator.generate(endless(*range(8)), request_id="r", timeout=0.1)
    with pytest.raises(DeadlineExceededError):
        async for _ in stream:
            pass
    await until_free(triton)


async def test_refusals_name_the_field(generator: GeneratorClient, manifest: Manifest) -> None:
    long = GenerationRequest((1,) * (manifest.language.context + 1), (Sampling(0, 1, 1),), 1, ImageMode.NEVER)
    with pytest.raises(InvalidArgumentError, match=str(manifest.language.context)):
        await collect(generator, long)
    for sampling in (Sampling(0, float("nan"), 1), Sampling(0, 1, -1), Sampling(0, 0, 1)):
        with pytest.raises(InvalidArgumentError):
            await collect(generator, GenerationRequest(PROMPT, (sampling,), 4, ImageMode.NEVER))
    assert await collect(generator, request(1, max_tokens=2))
