"""Noise prediction under a conditioning, with or without the attention loss."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor, nn

from export.networks import LanguageModel, noise_scheduler, time_ids
from export.presets import Preset
from export.reference.condition import Condition
from export.reference.prompt import Prompt
from export.training.alignment import watch
from export.training.denoising import noise_loss, noised, signal_to_noise
from export.training.precision import mixed_precision
from export.training.unimo.attention import attention_loss
from export.training.unimo.batch import References, pad, references_of
from export.training.unimo.conditioning import Conditioning
from export.training.unimo.dataset import Dataset, Draw
from export.training.unimo.prompt import Substitution
from export.training.unimo.regression import feature_regression

_DROP = 0.1


class Painting(nn.Module):
    """What is trained: the UNet and what leads it."""

    def __init__(self, unet: nn.Module, conditioning: Conditioning) -> None:
        super().__init__()
        self.unet, self.conditioning = unet, conditioning


@dataclass(frozen=True, slots=True)
class Weights:
    """Of the losses beside the noise's: the paper names none for the attention loss; 0 turns a loss off."""

    attention: float = 0.0
    regression: float = 0.0


class UnimoObjective:
    """Noise prediction from noisy latents under interleaved prompts.

    What a step draws (examples, wording, which entities are segments, noise, timesteps, dropped conditions) does not
    depend on conditioning and weights, so that objectives can be compared on the same batches. A tenth of the
    conditions are zeros: the unconditional branch of guidance.
    """

    def __init__(
        self,
        name: str,
        painting: Painting,
        preset: Preset,
        dataset: Dataset,
        *,
        substitution: Substitution,
        weights: Weights,
        seed: int,
        device: torch.device,
    ) -> None:
        self.name, self.module, self.device = name, painting.to(device), device
        self.attentions = watch(painting.unet)
        self.dataset, self.substitution, self.weights, self.seed = dataset, substitution, weights, seed
        self.examples = len(dataset.examples)
        self.ratio = signal_to_noise(noise_scheduler()).to(device)
        self.time_ids = time_ids(preset).to(device)

    def losses(self, step: int, indices: Tensor) -> dict[str, Tensor]:
        """`loss`, and its parts: `noise` (weighted), `error` (of the noise, plain), `attention`, `regression`."""
        latents = self.dataset.latents[indices].float().to(self.device)
        timesteps = torch.randint(len(self.ratio), (len(indices),)).to(self.device)
        noise, kept = torch.randn(latents.shape).to(self.device), (torch.rand(len(indices)) >= _DROP).to(self.device)
        draws = [self._draw(step, index) for index in indices.tolist()]
        with mixed_precision(self.device):
            predicted, attention = self._predict(noised(latents, noise, self.ratio[timesteps]), timesteps, kept, draws)
            regression = self._regression(draws)
        squared = (predicted.float() - noise).square()
        weighted = noise_loss(squared, latents, self.ratio[timesteps], kept)
        loss = weighted + self.weights.attention * attention + self.weights.regression * regression
        parts = {"noise": weighted, "error": squared.mean(), "attention": attention, "regression": regression}
        return {"loss": loss, **parts}

    def _draw(self, step: int, index: int) -> Draw:
        random = Random(f"unimo/{self.seed}/{step}/{index}")  # noqa: S311 - seeded prompts
        replaced = self.substitution.draw(random, len(self.dataset.examples[index].subjects))
        return self.dataset.draw(index, replaced, random)

    def _predict(self, noisy: Tensor, timesteps: Tensor, kept: Tensor, draws: list[Draw]) -> tuple[Tensor, Tensor]:
        """The noise and the attention loss of one batch."""
        prompts = self.prompts(draws)
        predicted = self.predict(noisy, timesteps, self.condition(prompts).dropped(kept))
        if self.module.conditioning.opens_image:
            # The UNet reads 64 features of the answer, no reference's.
            return predicted, torch.zeros((), device=self.device)
        references = self.references(draws, prompts).within(kept)
        return predicted, attention_loss(self.maps, references, len(draws))

    def prompts(self, draws: list[Draw]) -> list[Prompt]:
        """The prompts of draws as the conditioning wants them."""
        return [self.dataset.prompt(draw, opens_image=self.module.conditioning.opens_image) for draw in draws]

    def condition(self, prompts: list[Prompt]) -> Condition:
        """What leads the UNet for each prompt."""
        condition: Condition = self.module.conditioning(pad(prompts).to(self.device))
        return condition

    def predict(self, noisy: Tensor, timesteps: Tensor, condition: Condition) -> Tensor:
        """The noise in latents [B, 4, h, w]."""
        noisy = noisy.contiguous(memory_format=torch.channels_last)
        predicted: Tensor = self.module.unet(noisy, timesteps, **condition.arguments(self.time_ids)).sample
        return predicted

    @property
    def maps(self) -> list[Tensor]:
        """Every cross-attention's probabilities [B * heads, Q, T] at the last prediction."""
        return [attention.seen for attention in self.attentions]

    def references(self, draws: list[Draw], prompts: list[Prompt]) -> References:
        """The references in prompts and their entities' masks."""
        masks = [self.dataset.masks(draw) for draw in draws]
        return references_of(prompts, masks, self.dataset.segments.shape[1]).to(self.device)

    def _regression(self, draws: list[Draw]) -> Tensor:
        """WeGen's loss on the predicted features; 0 where it has no weight."""
        if not self.weights.regression:
            return torch.zeros((), device=self.device)
        language: LanguageModel = self.module.conditioning.language
        return feature_regression(language, self.dataset, draws)
