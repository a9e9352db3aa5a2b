"""The fused denoising step against diffusers' own loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
import torch
from numpy.typing import NDArray

from export.networks import noise_scheduler, time_ids
from export.onnx import denoiser
from export.onnx.precision import Precision
from export.presets import Preset
from export.reference.picture import Painter
from export.weights import Networks

from .conftest import Sessions

pytestmark = pytest.mark.graphs

Floats = NDArray[np.float32]
STEPS = 20
# latents begin at about 14, fp32 sums in another order
TOLERANCE = 2e-4


class Job:
    """A row of the batch, with the latents diffusers reaches after each step."""

    def __init__(self, preset: Preset, networks: Networks, seed: int, guidance: float, steps: int = STEPS) -> None:
        painter = Painter(preset, networks.denoiser, networks.decoder)
        scheduler: Any = noise_scheduler()
        scheduler.set_timesteps(steps)
        random = torch.Generator().manual_seed(seed)
        self.features = torch.randn(preset.features, preset.denoiser.feature_width, generator=random)
        self.expected = [step.numpy() for step in painter.denoise(self.features, seed, steps, guidance)]
        self.latents: Floats = (painter.noise(seed) * scheduler.init_noise_sigma).numpy()
        self.sigmas, self.timesteps = scheduler.sigmas.numpy(), scheduler.timesteps.numpy()
        self.guidance, self.done = guidance, 0


def step(session: ort.InferenceSession, preset: Preset, jobs: list[Job]) -> None:
    """One step of every job, each at its own step number."""
    stacked = {
        "latents": [job.latents for job in jobs],
        "sigma": [job.sigmas[job.done] for job in jobs],
        "sigma_next": [job.sigmas[job.done + 1] for job in jobs],
        "timestep": [job.timesteps[job.done] for job in jobs],
        "features": [job.features.numpy() for job in jobs],
        "time_ids": [time_ids(preset).numpy()] * len(jobs),
        "guidance": [job.guidance for job in jobs],
    }
    (latents,) = session.run(None, {name: np.array(rows, np.float32) for name, rows in stacked.items()})
    for job, after in zip(jobs, latents, strict=True):
        job.latents, job.done = after, job.done + 1


@pytest.fixture(scope="module")
def session(sessions: Sessions) -> ort.InferenceSession:
    return sessions(denoiser.NAME, Precision.FP32)


def test_twenty_steps_with_guidance_equal_diffusers(
    preset: Preset, networks: Networks, session: ort.InferenceSession
) -> None:
    jobs = [Job(preset, networks, 1, 1.0), Job(preset, networks, 2, 7.0)]
    for number in range(STEPS):
        step(session, preset, jobs)
        for job in jobs:
            np.testing.assert_allclose(job.latents, job.expected[number], atol=TOLERANCE, rtol=0)


def test_rows_at_different_steps_do_not_touch_each_other(
    preset: Preset, networks: Networks, session: ort.InferenceSession
) -> None:
    jobs = [Job(preset, networks, 3, 3.0, 6), Job(preset, networks, 4, 2.0, 9), Job(preset, networks, 5, 5.0, 4)]
    for now in range(12):
        arrived = [job for start, job in zip((0, 2, 5), jobs, strict=True) if now >= start]
        live = [job for job in arrived if job.done < len(job.timesteps)]
        if live:
            step(session, preset, live)
    for job in jobs:
        assert job.done == len(job.timesteps)
        np.testing.assert_allclose(job.latents, job.expected[-1], atol=TOLERANCE, rtol=0)


def test_batch_size_changes_a_row_by_rounding_only(
    preset: Preset, networks: Networks, session: ort.InferenceSession
) -> None:
    alone = Job(preset, networks, 6, 3.0, 4)
    crowd = [Job(preset, networks, seed, 3.0, 4) for seed in (6, *range(20, 35))]
    step(session, preset, [alone])
    step(session, preset, crowd)
    np.testing.assert_allclose(alone.latents, crowd[0].latents, atol=1e-5, rtol=0)


def test_half_precision_stays_near_fp32(preset: Preset, networks: Networks, sessions: Sessions) -> None:
    job = Job(preset, networks, 7, 3.0, 4)
    step(sessions(denoiser.NAME, Precision.FP16), preset, [job])
    np.testing.assert_allclose(job.latents, job.expected[0], atol=2e-2, rtol=0)
