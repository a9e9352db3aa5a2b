"""The schedule is diffusers'."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from export.networks import noise_scheduler
from services.engine.euler import EulerSchedules, initial_noise
from services.manifest import SchedulerSpec

SPEC = SchedulerSpec(
    train_timesteps=1000, beta_start=0.00085, beta_end=0.012, timestep_spacing="leading", steps_offset=1
)


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 20, 50, 99, 100])
def test_timesteps_and_sigmas_are_those_of_diffusers(steps: int) -> None:
    theirs: Any = noise_scheduler()
    theirs.set_timesteps(steps)
    ours = EulerSchedules(SPEC).schedule(steps)
    np.testing.assert_array_equal(ours.timesteps, theirs.timesteps.numpy())
    np.testing.assert_allclose(ours.sigmas, theirs.sigmas.numpy(), rtol=5e-7)
    assert float(ours.init_noise_sigma) == pytest.approx(float(theirs.init_noise_sigma), rel=5e-7)
    assert ours.steps == steps


def test_noise_depends_on_the_seed_alone() -> None:
    schedule = EulerSchedules(SPEC).schedule(20)
    noise = initial_noise(2**64 - 1, (4, 16, 16), schedule)
    unit = np.random.Generator(np.random.Philox(2**64 - 1)).standard_normal((4, 16, 16), dtype=np.float32)
    np.testing.assert_array_equal(noise, unit * schedule.init_noise_sigma)
    assert not np.array_equal(noise, initial_noise(0, (4, 16, 16), schedule))


def test_another_spacing_is_refused() -> None:
    with pytest.raises(ValueError, match="trailing"):
        EulerSchedules(SPEC.model_copy(update={"timestep_spacing": "trailing"}))
