"""Stage `decoder`: the autoencoder's second half alone, on the finished latents."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from export.training.autoencoder import edge_loss
from export.training.dataset import to_signed
from export.training.world import Scene, render_all

_WINDOW = 8
_FACTOR = 8
_NOISE = 0.3
_WHOLE_FROM = 0.85
_WHOLE_SHARE = 3


class Decoding(nn.Module):
    """What an autoencoder decodes with."""

    def __init__(self, autoencoder: Any) -> None:  # noqa: ANN401 - diffusers' classes are untyped
        super().__init__()
        self.post_quant_conv, self.decoder = autoencoder.post_quant_conv, autoencoder.decoder

    def forward(self, latents: Tensor) -> Tensor:
        """Unscaled latents [B, 4, h, w] to images [B, 3, 8h, 8w]."""
        image: Tensor = self.decoder(self.post_quant_conv(latents))
        return image


def windows(scenes: list[Scene], side: int) -> list[tuple[int, int]]:
    """For each scene the corner (x, y) of an 8 x 8 window of latents around one of its things, drawn by torch."""
    found = []
    for scene in scenes:
        thing = scene.things[int(torch.randint(len(scene.things), ()))]
        offsets = torch.randint(-2, 3, (2,)).tolist()
        centre = (at // _FACTOR + offset for at, offset in zip(thing.centre, offsets, strict=True))
        x, y = (min(max(0, at - _WINDOW // 2), side - _WINDOW) for at in centre)
        found.append((x, y))
    return found


class DecoderObjective:
    """L1 on pixels and edges from latents with a little noise, as a denoiser leaves on them.

    With the encoder frozen its latents are read from disk, and a step costs half of the autoencoder's. Windows
    around things come first, whole pictures at the end.
    """

    name = "decoder"

    def __init__(self, decoding: nn.Module, latents: Tensor, scale: float, scenes: list[Scene], steps: int) -> None:
        self.module = decoding
        self.latents, self.scale, self.scenes, self.steps = latents, scale, scenes, steps
        self.examples = len(scenes)

    def losses(self, step: int, indices: Tensor) -> dict[str, Tensor]:
        """Losses of one batch."""
        whole = step >= _WHOLE_FROM * self.steps
        chosen = indices[: max(1, len(indices) // _WHOLE_SHARE)] if whole else indices
        scenes = [self.scenes[index] for index in chosen.tolist()]
        device = next(self.module.parameters()).device
        latents, target = self.latents[chosen].float().to(device), to_signed(render_all(scenes), device)
        if not whole:
            latents, target = self._cut(latents, target, windows(scenes, latents.shape[-1]))
        latents = (latents + _NOISE * torch.rand(()) * torch.randn_like(latents)) / self.scale
        with torch.autocast(device.type, torch.bfloat16):
            image = self.module(latents.contiguous(memory_format=torch.channels_last)).float()
        pixel, edge = F.l1_loss(image, target), edge_loss(image, target)
        return {"loss": pixel + edge, "pixel": pixel, "edge": edge}

    @staticmethod
    def _cut(latents: Tensor, target: Tensor, places: list[tuple[int, int]]) -> tuple[Tensor, Tensor]:
        size, side = _WINDOW, _WINDOW * _FACTOR
        cut = [z[:, y : y + size, x : x + size] for z, (x, y) in zip(latents, places, strict=True)]
        seen = [
            t[:, y * _FACTOR : y * _FACTOR + side, x * _FACTOR : x * _FACTOR + side]
            for t, (x, y) in zip(target, places, strict=True)
        ]
        return torch.stack(cut), torch.stack(seen)
