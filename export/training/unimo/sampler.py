"""Pictures from prompts under either conditioning: diffusers' UNet and scheduler, step by step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from export.presets import Preset
from export.reference.picture import Painter
from export.reference.prompt import Prompt
from export.training.unimo.batch import pad
from export.training.unimo.objective import Painting

_BATCH = 12


class Sampler:
    """Paints prompts by what an arm has trained and a VAE, which stays on the CPU."""

    def __init__(self, preset: Preset, painting: Painting, decoder: nn.Module, device: torch.device) -> None:
        self._preset, self._device, self._painting = preset, device, painting.to(device)
        self._painter = Painter(preset, painting.unet, decoder)

    @property
    def opens_image(self) -> bool:
        """Whether prompts are to end with `<img>`."""
        return self._painting.conditioning.opens_image

    def paint(
        self, prompts: Sequence[Prompt], seeds: Sequence[int], steps: int | None = None, guidance: float | None = None
    ) -> list[NDArray[np.uint8]]:
        """A picture [H, W, 3] for each prompt and its seed; steps and guidance default to the preset's."""
        pictures = []
        for at in range(0, len(prompts), _BATCH):
            latents = self._latents(prompts[at : at + _BATCH], seeds[at : at + _BATCH], steps, guidance)
            pictures += [np.asarray(self._painter.decode(each)) for each in latents.cpu()]
        return pictures

    @torch.no_grad()
    def _latents(
        self, prompts: Sequence[Prompt], seeds: Sequence[int], steps: int | None, guidance: float | None
    ) -> Tensor:
        condition = self._painting.conditioning(pad(prompts).to(self._device))
        steps = self._preset.steps if steps is None else steps
        guidance = self._preset.guidance if guidance is None else guidance
        *_, latents = self._painter.follow(condition, seeds, steps, guidance)
        return latents
