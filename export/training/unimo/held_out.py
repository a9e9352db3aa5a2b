"""What pixels cannot tell after a short training: held-out noise errors, and where attention goes."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import Final

import torch

from export.reference.prompt import Prompt
from export.training.denoising import noise_loss, noised
from export.training.precision import mixed_precision
from export.training.unimo.attention import attention_loss, attention_shares
from export.training.unimo.dataset import Dataset, Draw
from export.training.unimo.objective import UnimoObjective

_TIMESTEPS: Final = (100, 300, 500, 700, 900)
_BATCH: Final = 12


def whole_draws(dataset: Dataset, *, replaced: bool) -> list[Draw]:
    """Every example's prompt, all its subjects as segments or all in words."""
    draws = []
    for index, example in enumerate(dataset.examples):
        random = Random(f"unimo/test/{example.name}")  # noqa: S311 - seeded prompts
        draws.append(dataset.draw(index, (replaced,) * len(example.subjects), random))
    return draws


def partner(dataset: Dataset, index: int) -> int:
    """The next example with as many subjects, or the example itself where it is the only one."""
    counts = [len(example.subjects) for example in dataset.examples]
    others: list[int] = [*range(index + 1, len(counts)), *range(index + 1)]
    return next(other for other in others if counts[other] == counts[index])


def measure(objective: UnimoObjective) -> dict[str, float]:
    """Means over the objective's examples with all subjects as segments, at five timesteps and fixed noise.

    `noise` is the weighted error of the noise and `noise_other` the same when the segments are another example's: what
    the references are worth. `attention` is that loss, `inside` and `outside` the attention a reference's tokens get
    there; the three are missing where the UNet does not read references.
    """
    dataset, sums = objective.dataset, defaultdict[str, float](float)
    draws = whole_draws(dataset, replaced=True)
    for at in range(0, len(draws), _BATCH):
        part = draws[at : at + _BATCH]
        opens = objective.module.conditioning.opens_image
        wrong = [dataset.prompt(draw, opens_image=opens, segments_of=partner(dataset, draw.index)) for draw in part]
        own, other = _measured(objective, part, objective.prompts(part)), _measured(objective, part, wrong)
        for name, value in {**own, "noise_other": other["noise"]}.items():
            sums[name] += value * len(part)
    return {name: value / len(draws) for name, value in sums.items()}


@torch.no_grad()
def _measured(objective: UnimoObjective, draws: list[Draw], prompts: list[Prompt]) -> dict[str, float]:
    """Means over one batch and all timesteps."""
    device, sums = objective.device, defaultdict[str, float](float)
    latents = objective.dataset.latents[[draw.index for draw in draws]].float().to(device)
    kept = torch.ones(len(draws), dtype=torch.bool, device=device)
    generator = torch.Generator().manual_seed(draws[0].index)
    condition = objective.condition(prompts)
    for timestep in _TIMESTEPS:
        timesteps = torch.full((len(draws),), timestep, device=device)
        ratio = objective.ratio[timesteps]
        noise = torch.randn(latents.shape, generator=generator).to(device)
        with mixed_precision(device):
            predicted = objective.predict(noised(latents, noise, ratio), timesteps, condition)
        sums["noise"] += float(noise_loss((predicted.float() - noise).square(), latents, ratio, kept))
        for name, value in _attention(objective, draws, prompts).items():
            sums[name] += value
    return {name: value / len(_TIMESTEPS) for name, value in sums.items()}


def _attention(objective: UnimoObjective, draws: list[Draw], prompts: list[Prompt]) -> dict[str, float]:
    if objective.module.conditioning.opens_image:
        return {}
    references = objective.references(draws, prompts)
    inside, outside = attention_shares(objective.maps, references, len(draws))
    loss = attention_loss(objective.maps, references, len(draws))
    return {"attention": float(loss), "inside": float(inside.mean()), "outside": float(outside.mean())}
