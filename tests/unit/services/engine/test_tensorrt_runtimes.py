"""TensorRT's runtimes over fake plans: what travels, and what is said about a plan that does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from services.engine.canvas import LatentShape
from services.engine.compiled import ShapeRange
from services.engine.device import DeviceError
from services.engine.runtime import PromptChunk
from services.engine.tensorrt_denoiser import TensorrtDenoiserRuntime
from services.engine.tensorrt_language import TensorrtLanguageRuntime
from services.manifest import LanguageSpec
from services.settings import SettingsError
from tests.fakes.device import FakeDevice
from tests.fakes.plans import FakeLanguage, FakePlan, denoiser_plan

SPEC = LanguageSpec(layers=2, heads=2, head_dim=16, context=64, vocab=50)
WIDTH = 8
LATENTS, FEATURES = [(4, 4, 4)], (8, 8)
WIDE = (4, 4, 8)


@pytest.fixture
def device() -> FakeDevice:
    return FakeDevice(lazy=True)


def language_plan(device: FakeDevice, *, rows: int = 4, tokens: int = 16, span: int = 64) -> FakePlan:
    return FakeLanguage(SPEC, WIDTH).plan(device, WIDTH, rows=rows, tokens=tokens, span=span)


def language(device: FakeDevice, plan: FakePlan, *, slots: int = 4, spec: LanguageSpec = SPEC) -> Any:
    return TensorrtLanguageRuntime(device, [plan], spec, WIDTH, slots=slots).pools[0]


def denoiser(
    device: FakeDevice,
    plan: FakePlan,
    *,
    batch: int = 3,
    features: tuple[int, int] = FEATURES,
    latents: Sequence[LatentShape] = LATENTS,
) -> Any:
    return TensorrtDenoiserRuntime(device, plan, rows=4, batch=batch, latents=latents, features=features).pools


def prompt(length: int) -> PromptChunk:
    ids = np.arange(length) % SPEC.vocab
    return PromptChunk(ids, np.zeros((length, WIDTH), np.float32), np.zeros(length, np.bool_), 0)


def test_a_step_sends_features_only_where_there_are_any(device: FakeDevice) -> None:
    pool = language(device, language_plan(device))
    pool.decode(2)
    tokens = sum(device.sent)
    device.sent.clear()
    pool.rows.is_feature[1] = True
    pool.decode(2)
    assert sum(device.sent) == tokens + 2 * WIDTH * 4
    assert tokens == 2 * (8 + 1 + 8 + 8)


def test_steps_share_a_context_whatever_their_rows(device: FakeDevice) -> None:
    plan = language_plan(device)
    pool = language(device, plan)
    for rows in (1, 4, 2, 1):
        pool.decode(rows)
    assert plan.executions == 1
    for slot in (0, 3):
        pool.prefill(slot, prompt(20))
    assert plan.executions == 2


def test_pools_are_sorted_by_their_plans_spans(device: FakeDevice) -> None:
    plans = [language_plan(device, span=64), language_plan(device, span=32)]
    runtime = TensorrtLanguageRuntime(device, plans, SPEC, WIDTH, slots=4)
    assert [pool.span for pool in runtime.pools] == [32, 64]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"heads": 4}, r"past_key_0 is \[-1, 2, 64, 16\], the manifest wants \[-1, 4, -1, 16\]"),
        ({"layers": 3}, "no tensor 'past_key_2'"),
        ({"vocab": 51}, r"logits is \[-1, 50\]"),
        ({"context": 128}, "cache holds 64 entries, the manifest's context is 128"),
    ],
)
def test_a_plan_of_another_model(device: FakeDevice, change: dict[str, int], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        language(device, language_plan(device), spec=SPEC.model_copy(update=change))


def test_a_plan_for_fewer_slots(device: FakeDevice) -> None:
    with pytest.raises(SettingsError, match=r"no profile takes 5 rows of 1 positions.*'slots'"):
        language(device, language_plan(device), slots=5)


def test_a_cache_larger_than_the_memory() -> None:
    device = FakeDevice(lazy=False, memory=100_000)
    # 2 layers of keys and values, 2 heads x 64 entries x 16 numbers of 4 bytes: 32 KiB a slot.
    with pytest.raises(SettingsError, match=r"parameter 'slots': 4 slots of 64 entries.*at most 3 fit"):
        language(device, language_plan(device))
    assert language(device, language_plan(device), slots=2).slots == 2


def test_slots_that_would_not_be_aligned(device: FakeDevice) -> None:
    spec = LanguageSpec(layers=1, heads=1, head_dim=2, context=9, vocab=50)
    plan = FakeLanguage(spec, WIDTH).plan(device, WIDTH, rows=4, tokens=4, span=9)
    with pytest.raises(SettingsError, match="slot of 72 bytes is no multiple of 256"):
        language(device, plan, spec=spec)


def test_a_failure_on_the_device_is_one_error_and_not_the_end(device: FakeDevice) -> None:
    pool = language(device, language_plan(device))
    expected = pool.decode(2).logits.copy()
    device.fail_next = "cudaMemcpyAsync"
    with pytest.raises(DeviceError, match="cudaMemcpyAsync failed: an illegal memory access") as caught:
        pool.decode(2)
    assert caught.value.code == "INTERNAL"
    pool.clear(0)
    pool.clear(1)
    np.testing.assert_array_equal(pool.decode(2).logits, expected)


def test_a_context_half_aimed_is_aimed_again(device: FakeDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = language(device, language_plan(device))
    expected = pool.decode(3).logits.copy()
    pool.decode(1)
    execution = pool._contexts._contexts[1]
    monkeypatch.setattr(execution, "bind", SimpleNamespace)  # takes no arguments
    with pytest.raises(TypeError):
        pool.decode(3)
    monkeypatch.undo()
    np.testing.assert_allclose(pool.decode(3).logits, expected, atol=1e-5)


def test_a_denoising_step_sends_scalars_and_brings_nothing_back(device: FakeDevice) -> None:
    (pool,) = denoiser(device, denoiser_plan(device, LATENTS, FEATURES, batch=3))
    pool.put(1)
    device.sent.clear()
    pool.step(1, 2)
    assert sum(device.sent) == 2 * 4 * (1 + 1 + 1 + 1 + 6)


def test_a_denoiser_for_fewer_rows_or_other_sizes(device: FakeDevice) -> None:
    plan = denoiser_plan(device, LATENTS, FEATURES, batch=3)
    with pytest.raises(SettingsError, match=r"no profile takes 4 rows.*'batch'"):
        denoiser(device, plan, batch=4)
    with pytest.raises(SettingsError, match=r"features is \[-1, 8, 8\], the manifest wants \[-1, 8, 16\]"):
        denoiser(device, plan, features=(8, 16))


def test_a_profile_takes_what_lies_within() -> None:
    found = ShapeRange((1, 1), (4, 16))
    assert found.takes(4, 16)
    assert found.takes(1)
    assert not found.takes(5, 1)
    assert not found.takes(1, 17)


def test_profiles_of_other_picture_sizes_are_passed_over(device: FakeDevice) -> None:
    plan = denoiser_plan(device, LATENTS, FEATURES, batch=3)
    other, mine = ({"latents": ShapeRange((1, 4, side, side), (3, 4, side, side))} for side in (8, 4))
    plan.profiles = [other, mine]
    denoiser(device, plan)[0].step(0, 2)
    plan.profiles = [other]
    with pytest.raises(SettingsError, match=r"no profile takes 1 rows of \[4, 4, 4\]"):
        denoiser(device, plan)


def filled(pool: Any, seed: int) -> Any:
    random = np.random.default_rng(seed)
    for name in ("latents", "features", "sigma", "sigma_next", "guidance", "timestep", "time_ids"):
        array = getattr(pool.rows, name)
        array[:] = random.standard_normal(array.shape)
    for row in range(4):
        pool.put(row)
    return pool


def test_every_size_has_rows_of_its_own_over_one_plan(device: FakeDevice) -> None:
    plan = denoiser_plan(device, [*LATENTS, WIDE], FEATURES, batch=3)
    square, wide = (filled(pool, seed) for seed, pool in enumerate(denoiser(device, plan, latents=[*LATENTS, WIDE])))
    alone = filled(denoiser(device, denoiser_plan(device, [WIDE], FEATURES, batch=3), latents=[WIDE])[0], 1)
    for count in (3, 1):
        square.step(0, count)
        wide.step(0, count)
        alone.step(0, count)
    for row in range(4):
        np.testing.assert_array_equal(wide.latents(row), alone.latents(row))
    assert square.latents(0).shape == (4, 4, 4)
    assert plan.executions == 4


def test_one_profile_over_a_range_of_sizes_is_aimed_anew_for_each(device: FakeDevice) -> None:
    plan = denoiser_plan(device, [*LATENTS, WIDE], FEATURES, batch=3)
    plan.profiles = [{"latents": ShapeRange((1, 4, 4, 4), (3, 4, 4, 8))}]
    square, wide = (filled(pool, seed) for seed, pool in enumerate(denoiser(device, plan, latents=[*LATENTS, WIDE])))
    before = wide.latents(0)
    square.step(0, 2)
    np.testing.assert_array_equal(wide.latents(0), before)
    wide.step(0, 2)
    assert not np.array_equal(wide.latents(0), before)
    assert plan.executions == 1


def test_a_size_that_the_plan_was_not_built_for_is_named(device: FakeDevice) -> None:
    open_plan = denoiser_plan(device, [*LATENTS, (4, 8, 16)], FEATURES, batch=3)
    with pytest.raises(SettingsError, match=r"no profile takes 1 rows of \[4, 4, 8\]: build the plan"):
        denoiser(device, open_plan, latents=[*LATENTS, WIDE])
    fixed = denoiser_plan(device, LATENTS, FEATURES, batch=3)
    with pytest.raises(SettingsError, match=r"latents is \[-1, 4, 4, 4\], the manifest wants \[-1, 4, 4, 8\]"):
        denoiser(device, fixed, latents=[*LATENTS, WIDE])
