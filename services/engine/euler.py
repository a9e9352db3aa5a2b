"""The noise schedule of diffusers' EulerDiscreteScheduler (leading spacing, scaled-linear betas), in numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.engine.arrays import Floats
from services.manifest import SchedulerSpec


@dataclass(frozen=True, slots=True)
class Schedule:
    """timesteps [steps] and sigmas [steps + 1], the last of them 0."""

    timesteps: Floats
    sigmas: Floats

    @property
    def steps(self) -> int:
        """How many steps lead from noise to latents."""
        return len(self.timesteps)

    @property
    def init_noise_sigma(self) -> np.float32:
        """What unit noise is multiplied by before the first step: sqrt(sigma_max^2 + 1), as for "leading"."""
        return np.float32(np.sqrt(np.square(self.sigmas[0]) + 1))


class EulerSchedules:
    """Schedules of one noise model for any number of steps (Karras et al. 2022, algorithm 2 without churn)."""

    def __init__(self, spec: SchedulerSpec) -> None:
        if spec.timestep_spacing != "leading":
            raise ValueError(f"timestep spacing {spec.timestep_spacing!r} is not 'leading'")
        # As torch does it: float32 throughout, but the product is cumulated in float64.
        root = np.linspace(spec.beta_start**0.5, spec.beta_end**0.5, spec.train_timesteps, dtype=np.float32)
        cumulated = np.cumprod(1 - np.square(root), dtype=np.float64).astype(np.float32)
        self._sigmas = np.sqrt((1 - cumulated) / cumulated)
        self._spec = spec
        self._cache: dict[int, Schedule] = {}

    def schedule(self, steps: int) -> Schedule:
        """The schedule for 1..train_timesteps steps."""
        if steps not in self._cache:
            ratio = self._spec.train_timesteps // steps
            timesteps = (np.arange(steps) * ratio)[::-1] + self._spec.steps_offset
            sigmas = np.interp(timesteps, np.arange(len(self._sigmas)), self._sigmas)
            self._cache[steps] = Schedule(timesteps.astype(np.float32), np.append(sigmas, 0.0).astype(np.float32))
        return self._cache[steps]


def initial_noise(seed: int, shape: tuple[int, ...], schedule: Schedule) -> Floats:
    """Latents before the first step: Philox(seed)'s normal numbers of `shape`, scaled to the schedule."""
    noise = np.random.Generator(np.random.Philox(seed)).standard_normal(shape, dtype=np.float32)
    noise *= schedule.init_noise_sigma
    return noise
