"""Pictures drawn by graphs alone, every input of every step on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from export.networks import noise_scheduler, time_ids
from export.presets import Preset
from export.reference.picture import unit_noise

Floats = NDArray[np.float32]
Inputs = Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Wish:
    """One picture: features f32 [64, D], the noise's seed, guidance."""

    features: Floats
    seed: int
    guidance: float


def open_graph(path: Path, threads: int) -> ort.InferenceSession:
    """A graph in ONNX Runtime on the CPU."""
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = threads, 3
    # signed as TensorRT wants them: made unsigned, what ModelOpt writes is no graph any more
    options.add_session_config_entry("session.qdqisint8allowed", "1")
    return ort.InferenceSession(path, options, ["CPUExecutionProvider"])


def steps(denoiser: ort.InferenceSession, preset: Preset, wish: Wish, count: int) -> Iterator[tuple[Inputs, Floats]]:
    """The inputs of each of `count` Euler steps, one row each, and the latents [4, h, w] it ends with."""
    scheduler: Any = noise_scheduler()
    scheduler.set_timesteps(count)
    side = preset.latent_size
    shape = (1, preset.denoiser.latent_channels, side, side)
    latents = unit_noise(wish.seed, shape) * np.float32(scheduler.init_noise_sigma)
    sigmas, timesteps = scheduler.sigmas.numpy(), scheduler.timesteps.numpy()
    for number, timestep in enumerate(timesteps):
        inputs = {
            "latents": latents,
            "sigma": sigmas[number : number + 1],
            "sigma_next": sigmas[number + 1 : number + 2],
            "timestep": np.array([timestep], np.float32),
            "features": wish.features[None],
            "time_ids": time_ids(preset).numpy()[None],
            "guidance": np.array([wish.guidance], np.float32),
        }
        (latents,) = denoiser.run(None, dict(inputs))
        yield inputs, latents[0]


def decode(decoder: ort.InferenceSession, latents: Floats) -> NDArray[np.uint8]:
    """Latents [4, h, w] to a picture [H, W, 3]."""
    (pixels,) = decoder.run(None, {"latents": latents[None]})
    picture: NDArray[np.uint8] = pixels[0]
    return picture
