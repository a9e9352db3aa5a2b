"""Stage `decoder`: the autoencoder's second half alone, on the finished latents."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from export.training.autoencoder import picture_losses
from export.training.dataset import Pictures, resident, to_signed
from export.training.loop import Progress
from export.training.pictures import Point, spots_of
from export.training.precision import mixed_precision

_WINDOW = 8
_FACTOR = 8
_NOISE = 0.3
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


def windows(spots: list[list[Point]], side: int) -> list[tuple[int, int]]:
    """For each picture the corner (x, y) of an 8 x 8 window of latents around one of its spots, drawn by torch."""
    found = []
    for points in spots:
        spot = points[int(torch.randint(len(points), ()))]
        offsets = torch.randint(-2, 3, (2,)).tolist()
        centre = (at // _FACTOR + offset for at, offset in zip(spot, offsets, strict=True))
        x, y = (min(max(0, at - _WINDOW // 2), side - _WINDOW) for at in centre)
        found.append((x, y))
    return found


class DecoderObjective:
    """The autoencoder's losses on pictures, from latents with a little noise, as a denoiser leaves on them.

    With the encoder frozen its latents are read from disk, and a step costs half of the autoencoder's. Windows
    around things come first, whole pictures when the share `windows` of the stage is done.
    """

    name = "decoder"

    def __init__(
        self,
        decoding: nn.Module,
        latents: Tensor,
        scale: float,
        pictures: Pictures,
        progress: Progress,
        *,
        windows: float,
    ) -> None:
        self.module = decoding
        self.device = next(decoding.parameters()).device
        self.latents, self.pixels = resident(latents, self.device), pictures.resident(self.device)
        self.scale, self.progress, self.windows = scale, progress, windows
        self.examples = len(pictures)
        self.spots = [spots_of(recipe) for recipe in pictures.recipes] if windows else []

    def losses(self, step: int, indices: Tensor) -> dict[str, Tensor]:  # noqa: ARG002 - every stage's signature
        """Losses of one batch."""
        whole = self.progress.done >= self.windows
        chosen = indices[: max(1, len(indices) // _WHOLE_SHARE)] if whole else indices
        rows = chosen.to(self.device)
        latents, target = self.latents[rows].float(), to_signed(self.pixels[rows], self.device)
        if not whole:
            places = windows([self.spots[index] for index in chosen.tolist()], latents.shape[-1])
            latents, target = self._cut(latents, target, places)
        latents = (latents + _NOISE * torch.rand((), device=self.device) * torch.randn_like(latents)) / self.scale
        with mixed_precision(self.device):
            image = self.module(latents.contiguous(memory_format=torch.channels_last)).float()
        return picture_losses(image, target)

    @staticmethod
    def _cut(latents: Tensor, target: Tensor, places: list[tuple[int, int]]) -> tuple[Tensor, Tensor]:
        size, side = _WINDOW, _WINDOW * _FACTOR
        cut = [z[:, y : y + size, x : x + size] for z, (x, y) in zip(latents, places, strict=True)]
        seen = [
            t[:, y * _FACTOR : y * _FACTOR + side, x * _FACTOR : x * _FACTOR + side]
            for t, (x, y) in zip(target, places, strict=True)
        ]
        return torch.stack(cut), torch.stack(seen)
