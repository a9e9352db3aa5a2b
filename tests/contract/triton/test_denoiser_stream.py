"""The denoiser through its client, from threads as the worker uses it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from services.errors import CancelledRequestError, DeadlineExceededError, InvalidArgumentError
from services.inference.denoiser import MODEL, DenoiseEvent, DenoiserClient, DenoiseRequest
from tests.contract.servers.triton_server import TritonServer

Floats = NDArray[np.float32]


def collect(client: DenoiserClient, wanted: DenoiseRequest) -> list[DenoiseEvent]:
    with client.denoise(wanted, request_id="test", timeout=60) as stream:
        return list(stream)


def last(events: list[DenoiseEvent]) -> Floats:
    latents = events[-1].latents
    assert latents is not None
    return latents


def until_free(server: TritonServer) -> None:
    """Gauges are published about once a second."""
    end = time.monotonic() + 15
    while server.metric("wegen_slots_in_use", MODEL):
        assert time.monotonic() < end, "rows are still taken"
        time.sleep(0.1)


def test_steps_are_told_as_they_come_and_the_last_one_surely(
    denoiser: DenoiserClient, features: Floats, latents: Floats
) -> None:
    events = collect(denoiser, DenoiseRequest(features, 3, 7, 2.0, latents_every=3))
    told = [event.step for event in events]
    # Short steps may share an event, which stands for those before it too.
    assert told == sorted(set(told))
    assert told[0] == 1
    assert told[-1] == 7
    assert {event.steps for event in events} == {7}
    assert [event.step for event in events if event.latents is not None] == [3, 6, 7]
    assert last(events).shape == latents.shape


def test_goes_on_from_given_latents(denoiser: DenoiserClient, features: Floats) -> None:
    whole = collect(denoiser, DenoiseRequest(features, 3, 8, 2.0, latents_every=5))
    checkpoint = next(event.latents for event in whole if event.step == 5)
    rest = collect(denoiser, DenoiseRequest(features, 3, 8, 2.0, latents=checkpoint, start_step=5))
    assert rest[0].step == 6
    assert rest[-1].step == 8
    np.testing.assert_allclose(last(rest), last(whole), atol=1e-4)


def test_same_seed_same_latents_alone_and_among_sixteen(denoiser: DenoiserClient, features: Floats) -> None:
    alone = last(collect(denoiser, DenoiseRequest(features, 5, 8, 2.0)))
    wanted = [DenoiseRequest(features, 5 + i, 8 + i % 3, 1.0 + i) for i in range(1, 16)]
    with ThreadPoolExecutor(16) as pool:
        crowd = list(pool.map(lambda one: collect(denoiser, one), [DenoiseRequest(features, 5, 8, 2.0), *wanted]))
    np.testing.assert_allclose(last(crowd[0]), alone, atol=1e-3)
    assert [events[-1].step for events in crowd[1:]] == [one.steps for one in wanted]
    assert len({last(events).tobytes() for events in crowd}) == 16


def test_cancel_from_another_thread(triton: TritonServer, denoiser: DenoiserClient, features: Floats) -> None:
    with denoiser.denoise(DenoiseRequest(features, 3, 100, 2.0), request_id="r", timeout=60) as stream:
        events = iter(stream)
        next(events)
        threading.Timer(0.05, stream.cancel).start()
        with pytest.raises(CancelledRequestError):
            list(events)
    until_free(triton)


def test_leaving_the_block_frees_the_row(triton: TritonServer, denoiser: DenoiserClient, features: Floats) -> None:
    with denoiser.denoise(DenoiseRequest(features, 3, 100, 2.0), request_id="r", timeout=60) as stream:
        next(iter(stream))
    until_free(triton)


def test_deadline(triton: TritonServer, denoiser: DenoiserClient, features: Floats) -> None:
    stream = denoiser.denoise(DenoiseRequest(features, 3, 100, 2.0), request_id="r", timeout=0.1)
    with pytest.raises(DeadlineExceededError):
        list(stream)
    until_free(triton)


@pytest.mark.parametrize(
    ("field", "steps", "guidance"),
    [("steps", 0, 2.0), ("steps", 101, 2.0), ("guidance", 5, 31.0), ("guidance", 5, float("nan"))],
)
def test_refusals_name_the_field(
    field: str, steps: int, guidance: float, denoiser: DenoiserClient, features: Floats
) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        collect(denoiser, DenoiseRequest(features, 1, steps, guidance))
    assert caught.value.field == field


def test_features_that_are_no_numbers_are_refused(denoiser: DenoiserClient, features: Floats) -> None:
    for bad in (features[:, :3], np.full_like(features, np.nan)):
        with pytest.raises(InvalidArgumentError) as caught:
            collect(denoiser, DenoiseRequest(bad, 1, 3, 2.0))
        assert caught.value.field == "features"
