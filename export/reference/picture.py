"""Features to a picture by diffusers' UNet, scheduler and VAE, and a picture to features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from export.networks import CLIP_MEAN, CLIP_STD, VisionTower, noise_scheduler, time_ids
from export.presets import Bucket, Preset
from export.reference.condition import Condition


def unit_noise(seed: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Philox's normal numbers of a seed in C order; another shape is another picture."""
    return np.random.Generator(np.random.Philox(seed)).standard_normal(shape, dtype=np.float32)


class Painter:
    """Denoises and decodes one picture at a time, as diffusers' own SDXL pipeline does."""

    def __init__(self, preset: Preset, unet: nn.Module, vae: nn.Module) -> None:
        self._preset, self._unet = preset, unet
        self._vae: Any = vae
        self._square: Bucket = (preset.image_size, preset.image_size)

    def noise(self, seed: int, size: Bucket | None = None) -> Tensor:
        """`unit_noise` [4, h, w], for pictures of height and width `size` (default: the preset's square)."""
        height, width = (pixels // self._preset.decoder.factor for pixels in size or self._square)
        shape = (self._preset.denoiser.latent_channels, height, width)
        return torch.from_numpy(unit_noise(seed, shape))

    def denoise(
        self, features: Tensor, seed: int, steps: int, guidance: float, size: Bucket | None = None
    ) -> Iterator[Tensor]:
        """Latents [4, h, w] after each of `steps` Euler steps, for features [64, D]."""
        for latents in self.follow(Condition.of_features(features[None]), [seed], steps, guidance, size):
            yield latents[0]

    @torch.no_grad()
    def follow(
        self, condition: Condition, seeds: Sequence[int], steps: int, guidance: float, size: Bucket | None = None
    ) -> Iterator[Tensor]:
        """Latents [B, 4, h, w] after each of `steps` Euler steps, for B conditions and their seeds."""
        scheduler: Any = noise_scheduler()
        scheduler.set_timesteps(steps)
        latents = torch.stack([self.noise(seed, size) for seed in seeds]).to(condition.states.device)
        latents = latents * scheduler.init_noise_sigma
        both, ids = condition.beside_free(), time_ids(self._preset, size).to(latents.device)
        for timestep in scheduler.timesteps:
            scaled = scheduler.scale_model_input(latents, timestep)
            noise = self._unet(torch.cat([scaled, scaled]), timestep, **both.arguments(ids)).sample
            free, led = noise.chunk(2)
            latents = scheduler.step(free + guidance * (led - free), timestep, latents).prev_sample
            yield latents

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Image.Image:
        """Latents [4, h, w] to an RGB picture."""
        image = self._vae.decode(latents[None] / self._preset.decoder.scaling_factor).sample[0]
        levels = ((image / 2 + 0.5).clamp(0, 1) * 255).round().byte()
        return Image.fromarray(levels.permute(1, 2, 0).numpy(), "RGB")

    def paint(
        self, features: Tensor, seed: int, steps: int | None, guidance: float | None, size: Bucket | None = None
    ) -> Image.Image:
        """Features [64, D] to a picture; steps, guidance and size (height, width) default to the preset's."""
        steps = self._preset.steps if steps is None else steps
        guidance = self._preset.guidance if guidance is None else guidance
        *_, latents = self.denoise(features, seed, steps, guidance, size)
        return self.decode(latents)


class Encoder:
    """EVA-CLIP on ordinary pictures."""

    def __init__(self, tower: VisionTower) -> None:
        self._tower = tower

    @torch.no_grad()
    def encode(self, image: Image.Image) -> Tensor:
        """A picture of any size to features [64, D]."""
        features: Tensor = self._tower(self.pixels(image)[None])[0]
        return features

    def pixels(self, image: Image.Image) -> Tensor:
        """CLIP-normalised pixels [3, H, W]: bilinear, without keeping the ratio."""
        side = self._tower.size.image_size
        resized = image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR)
        values = torch.from_numpy(np.asarray(resized, dtype=np.float32) / 255)
        normal = (values - torch.tensor(CLIP_MEAN)) / torch.tensor(CLIP_STD)
        return normal.permute(2, 0, 1)
