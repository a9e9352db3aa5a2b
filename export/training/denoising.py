"""Stage `denoiser`: WeGen's stage 1, the UNet learns to reconstruct a picture from its features."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from export.networks import noise_scheduler, time_ids
from export.presets import Preset
from export.training.alignment import misalignment, watch
from export.training.dataset import resident
from export.training.precision import mixed_precision

_GAMMA = 5.0
_FLOOR = 0.3
_HEAVIEST = 10.0
_BORDER = 3.0
_FOREGROUND, _DIFFERENT = 5.0, 0.7
_DROP = 0.1
_NOISE = 0.7
_ALIGN = 0.05


def signal_to_noise(scheduler: Any) -> Tensor:  # noqa: ANN401 - diffusers' classes are untyped
    """alpha_bar / (1 - alpha_bar) of every training timestep [1000]."""
    cumulative: Tensor = scheduler.alphas_cumprod
    return cumulative / (1.0 - cumulative)


def loss_weight(ratio: Tensor, gamma: float = _GAMMA, floor: float = _FLOOR) -> Tensor:
    """Weight of an epsilon loss, clamp(SNR, floor, gamma) / SNR: min-SNR (Hang et al. 2023, WeGen's gamma 5), floored.

    In terms of the clean latents' error the weight is clamp(SNR, floor, gamma). Without the floor the noisy steps,
    where the features alone decide what stands where, hardly count. The weight stays below a limit: at the very
    noisiest the smallest error of the noise would drown every other gradient.
    """
    return (ratio.clamp(floor, gamma) / ratio).clamp(max=_HEAVIEST)


def foreground_weight(latents: Tensor) -> Tensor:
    """Weight [B, 1, h, w] of each cell's error: more where latents [B, 4, h, w] differ from their picture's median.

    Things cover a tenth of a picture; outlines would learn last. A weight per cell moves no optimum.
    """
    usual = latents.flatten(2).median(-1).values[..., None, None]
    weight: Tensor = 1.0 + _FOREGROUND * ((latents - usual).norm(dim=1, keepdim=True) > _DIFFERENT)
    return weight


def noised(latents: Tensor, noise: Tensor, ratio: Tensor) -> Tensor:
    """Latents [B, 4, h, w] with as much noise as leaves a signal-to-noise ratio [B]."""
    signal = (ratio / (1.0 + ratio)).view(-1, 1, 1, 1)
    return signal.sqrt() * latents + (1.0 - signal).sqrt() * noise


def noise_loss(squared: Tensor, latents: Tensor, ratio: Tensor, kept: Tensor) -> Tensor:
    """Squared errors [B, 4, h, w] of the noise, weighted by cell, by ratio [B] and by which conditions are kept [B]."""
    error = (squared * foreground_weight(latents)).mean((1, 2, 3))
    # Without features the layout cannot be known: there the floor would only add noise to the gradient.
    weight = torch.where(kept, loss_weight(ratio), loss_weight(ratio, floor=0.0))
    return (weight * error).mean()


@torch.no_grad()
def anchor_borders(unet: nn.Module) -> None:
    """Let four channels of every resnet on the way down tell how far each side's border is.

    The UNet has no positions but those that zero padding betrays, and a short training hardly finds them, while
    layout is all that cross-attention has to place. A kernel whose only taps lie to the left, the same for all
    channels, averages the noise away and is zero at the left border alone; likewise for the other sides.
    """
    for name, module in unet.named_modules():
        if isinstance(module, nn.Conv2d) and name.endswith("conv2") and not name.startswith("up_blocks"):
            module.weight[:4].zero_()
            tap = _BORDER / (0.25 * 3 * module.weight.shape[1])
            module.weight[0, :, :, 0] = tap
            module.weight[1, :, :, 2] = tap
            module.weight[2, :, 0, :] = tap
            module.weight[3, :, 2, :] = tap
            assert module.bias is not None
            module.bias[:4] = -_BORDER / 2


class DenoiserObjective:
    """Noise prediction from noisy latents [N, 4, h, w] and features [N, 64, D].

    A tenth of the rows sees zeros for features and pooled features: the unconditional branch of guidance. The others
    see features with noise of a random strength, because at inference a language model predicts them inexactly.
    """

    name = "denoiser"

    def __init__(
        self, unet: nn.Module, preset: Preset, latents: Tensor, features: Tensor, device: torch.device
    ) -> None:
        self.module = unet.to(device)
        self.attentions = watch(unet)
        self.latents, self.features, self.device = resident(latents, device), resident(features, device), device
        self.examples = len(latents)
        self.ratio = signal_to_noise(noise_scheduler()).to(device)
        self.time_ids = time_ids(preset).to(device)

    def losses(self, step: int, indices: Tensor) -> dict[str, Tensor]:  # noqa: ARG002 - every stage's signature
        """Losses of one batch."""
        rows = indices.to(self.device)
        latents = self.latents[rows].float()
        features, kept = self._condition(self.features[rows].float())
        timesteps = torch.randint(len(self.ratio), (len(indices),), device=self.device)
        ratio, noise = self.ratio[timesteps], torch.randn_like(latents)
        noisy = noised(latents, noise, ratio)
        predicted = self._predict(noisy.contiguous(memory_format=torch.channels_last), timesteps, features)
        squared = (predicted.float() - noise).square()
        astray = misalignment([attention.seen for attention in self.attentions], kept)
        return {
            "loss": noise_loss(squared, latents, ratio, kept) + _ALIGN * astray,
            "error": squared.mean(),
            "astray": astray,
        }

    def _predict(self, noisy: Tensor, timesteps: Tensor, features: Tensor) -> Tensor:
        added = {"text_embeds": features.mean(1), "time_ids": self.time_ids.expand(len(noisy), -1)}
        with mixed_precision(self.device):
            predicted: Tensor = self.module(noisy, timesteps, features, added_cond_kwargs=added).sample
        return predicted

    def _condition(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Features with noise, zeros in the rows that are not kept, and which rows [B] are."""
        rows = len(features)
        strength = _NOISE * torch.rand(rows, 1, 1, device=self.device).square()
        kept = torch.rand(rows, device=self.device) >= _DROP
        return (features + strength * torch.randn_like(features)) * kept.view(-1, 1, 1), kept
