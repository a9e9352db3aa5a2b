"""Tensors in, responses out: the side of Triton's Python backend, faked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from services.engine.denoise_loop import DenoiseLoop
from services.engine.denoising import DenoiseLimits
from services.engine.denoising_wire import INPUTS as DENOISER_INPUTS
from services.engine.denoising_wire import denoising_tensors, read_denoising
from services.engine.euler import EulerSchedules
from services.engine.feature_loop import FeatureLoop
from services.engine.generation import merge_tokens
from services.engine.generation_limits import GenerationLimits
from services.engine.generation_wire import INPUTS as GENERATOR_INPUTS
from services.engine.generation_wire import generation_tensors, read_generation
from services.engine.metrics import Snapshot
from services.engine.scheduler import Scheduler
from services.engine.settings import SchedulerSettings
from services.engine.triton import TritonFrontDoor, TritonStream
from services.engine.triton_metrics import MetricFamilies
from services.errors import InternalError
from services.generation import ImageMode
from services.manifest import SchedulerSpec
from tests.fakes.triton_backend import PB, Family, Request, TritonError

SETTINGS = SchedulerSettings(queue=8, pace_ms=0, cancel_poll_ms=1)


@pytest.fixture
def generator(kit: SimpleNamespace, limits: GenerationLimits) -> Iterator[TritonFrontDoor[Any]]:
    runtime = SimpleNamespace(pools=[kit.FakePool(16, 64)])
    scheduler: Scheduler[Any] = Scheduler(
        partial(FeatureLoop, runtime, limits, chunk=4), name="generator", settings=SETTINGS, merge=merge_tokens
    )
    read = partial(read_generation, feature_width=3)
    yield TritonFrontDoor(PB, scheduler, inputs=GENERATOR_INPUTS, read=read, limits=limits, encode=generation_tensors)
    scheduler.close()


@pytest.fixture
def denoiser(kit: SimpleNamespace) -> Iterator[TritonFrontDoor[Any]]:
    spec = SchedulerSpec(
        train_timesteps=1000, beta_start=0.00085, beta_end=0.012, timestep_spacing="leading", steps_offset=1
    )
    loop = partial(DenoiseLoop, kit.denoisers(4), EulerSchedules(spec), canvas=kit.CANVAS, rows=4, batch=4)
    scheduler: Scheduler[Any] = Scheduler(loop, name="denoiser", settings=SETTINGS)
    read = partial(read_denoising, steps=6, guidance=3.0)
    limits = DenoiseLimits((5, 3), kit.CANVAS)
    yield TritonFrontDoor(PB, scheduler, inputs=DENOISER_INPUTS, read=read, limits=limits, encode=denoising_tensors)
    scheduler.close()


def prompt(**more: Any) -> dict[str, Any]:
    return {
        "ids": np.array([3, 4, 5], np.int32),
        "seeds": np.array([7, 2**64 - 1], np.uint64),
        "top_p": np.array([0.5], np.float32),
        "temperature": np.array([2.0, 2.0], np.float32),
        "max_tokens": np.array([6], np.int32),
        "image": np.array([2], np.int32),
        **more,
    }


def test_a_generation_answers_in_the_tensors_of_its_events(
    kit: SimpleNamespace, generator: TritonFrontDoor[Any]
) -> None:
    request = Request(**prompt())
    generator.take(request)
    responses = request.wait().responses
    wish = kit.request(
        [3, 4, 5],
        seeds=[7, 2**64 - 1],
        max_tokens=6,
        image=ImageMode.FORCE,
        temperature=2.0,
        top_p=0.5,
    )
    for index in range(2):
        mine = [each for each in responses if each["candidate"] == [index]]
        expected = kit.naive(wish, index)
        ids = np.concatenate([each["ids"] for each in mine if each["event"] == [0]])
        assert ids.dtype == np.int32
        assert ids.tolist() == expected.ids
        (features,) = [each["features"] for each in mine if each["event"] == [1]]
        np.testing.assert_array_equal(features, expected.features)
        assert set(mine[-1]) == {"event", "candidate", "finish", "usage"}
        assert mine[-1]["finish"].tolist() == [b"image"]
        assert mine[-1]["usage"].tolist() == [3, len(ids)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ids": np.array([99], np.int32)}, "INVALID_ARGUMENT: ids: an id is outside of 0..39"),
        ({"image": np.array([3], np.int32)}, "INVALID_ARGUMENT: image: 3 is not 0, 1 or 2"),
        ({"top_p": np.array([0.9] * 3, np.float32)}, "INVALID_ARGUMENT: top_p: 3 values for 2 candidates"),
        ({"max_tokens": np.array([1, 2], np.int32)}, "INVALID_ARGUMENT: max_tokens: 2 values instead of one"),
        ({"seeds": np.zeros(0, np.uint64)}, "INVALID_ARGUMENT: seeds: 0 candidates are not 1 to 8"),
        ({"features": np.zeros(3, np.float32)}, r"INVALID_ARGUMENT: features: shape \(3,\) is not"),
    ],
)
def test_a_wrong_request_is_refused_at_once(
    generator: TritonFrontDoor[Any], change: dict[str, Any], message: str
) -> None:
    request = Request(**prompt(**change))
    generator.take(request)
    with pytest.raises(TritonError, match=message) as caught:
        raise request.wait().error or AssertionError("not refused")
    assert caught.value.code == "INVALID_ARG"
    assert not request.responses


def test_nobody_asks_an_ended_request_whether_it_is_cancelled() -> None:
    request = Request()
    stream = TritonStream(PB, request, generation_tensors)
    assert not stream.cancelled()
    stream.send([], final=True)
    assert not stream.cancelled()
    stream.fail(InternalError("late"))
    assert request.wait().error is None


def test_a_job_sends_steps_and_latents_as_a_batch_of_one(denoiser: TritonFrontDoor[Any]) -> None:
    request = Request(
        features=np.ones((5, 3), np.float32), emit_steps=np.array([True]), latents_every=np.array([4], np.int32)
    )
    denoiser.take(request)
    responses = request.wait().responses
    assert [each["step"].tolist() for each in responses] == [[i] for i in range(1, 7)]
    assert [each["final"].tolist() for each in responses] == [[False]] * 5 + [[True]]
    assert ["latents" in each for each in responses] == [False, False, False, True, False, True]
    assert responses[-1]["latents"].shape == (1, 4, 2, 2)
    assert responses[0]["steps"].tolist() == [6]


def test_a_job_of_another_size_answers_in_it(denoiser: TritonFrontDoor[Any]) -> None:
    request = Request(features=np.ones((5, 3), np.float32), size=np.array([24, 16], np.int32))
    denoiser.take(request)
    assert request.wait().responses[-1]["latents"].shape == (1, 4, 2, 3)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ([16, 24], "INVALID_ARGUMENT: size: 16x24 is none of 16x16, 24x16, 16x32"),
        ([16], "INVALID_ARGUMENT: size: 1 values instead of two, width and height"),
    ],
)
def test_a_size_that_is_none_is_refused(denoiser: TritonFrontDoor[Any], size: list[int], message: str) -> None:
    request = Request(features=np.ones((5, 3), np.float32), size=np.array(size, np.int32))
    denoiser.take(request)
    assert message in str(request.wait().error)


def test_metrics_follow_their_totals() -> None:
    families = MetricFamilies(PB, "llama")
    refused = {"RESOURCE_EXHAUSTED": 1}
    families.publish(Snapshot(32, 5, 2, {"decode": 3}, {"decode": 9}, {"decode": 0.5}, refused, 0))
    more = {"decode": 5, "prefill": 1}, {"decode": 11, "prefill": 1}, {"decode": 0.7}
    families.publish(Snapshot(32, 0, 0, *more, refused, 4))
    values = {(name, *labels): metric.value for name, made in Family.made.items() for labels, metric in made.items()}
    assert values["wegen_slots", "llama"] == 32
    assert values["wegen_slots_in_use", "llama"] == 0
    assert values["wegen_queue_depth", "llama"] == 0
    assert values["wegen_steps_total", "llama", "decode"] == 5
    assert values["wegen_step_rows_total", "llama", "decode"] == 11
    assert values["wegen_step_seconds_total", "llama", "decode"] == pytest.approx(0.7)
    assert values["wegen_steps_total", "llama", "prefill"] == 1
    assert values["wegen_refusals_total", "llama", "RESOURCE_EXHAUSTED"] == 1
    assert values["wegen_refusals_total", "llama", "UNAVAILABLE"] == 0
    assert values["wegen_cancels_total", "llama"] == 4
