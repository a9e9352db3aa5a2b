"""Arms: one way of training each, all from the same start and on the same batches."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch

from export.presets import Preset
from export.training.loop import Loop
from export.training.plan import Plan
from export.training.unimo.conditioning import Conditioning, HiddenStates, PredictedFeatures, Trained, set_trained
from export.training.unimo.dataset import Dataset
from export.training.unimo.objective import Painting, UnimoObjective, Weights
from export.training.unimo.prompt import Substitution
from export.weights import load_network


@dataclass(frozen=True, slots=True)
class Arm:
    """Whether the UNet reads hidden states or predicted features, and whether the attention loss is on."""

    name: str
    hidden: bool
    attention: bool


ARMS: Final = (
    Arm("features", hidden=False, attention=False),
    Arm("hidden", hidden=True, attention=False),
    Arm("attention", hidden=True, attention=True),
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What all arms of a comparison share; `attention` is that loss's weight where it is on."""

    plan: Plan
    trained: Trained = Trained.NONE
    attention: float = 0.1
    substitution: Substitution = field(default_factory=Substitution)
    seed: int = 0


def build_painting(arm: Arm, preset: Preset, weights: Path, trained: Trained) -> Painting:
    """An arm's networks as they are before its first step."""
    unet: Any = load_network(preset, weights, "denoiser")
    language: Any = load_network(preset, weights, "language")
    set_trained(language, trained)
    conditioning: Conditioning
    conditioning = HiddenStates(language) if arm.hidden else PredictedFeatures(language, preset.features)
    return Painting(unet.to(memory_format=torch.channels_last), conditioning)


def objective_of(
    arm: Arm, painting: Painting, preset: Preset, dataset: Dataset, recipe: Recipe, *, device: torch.device
) -> UnimoObjective:
    """What an arm minimises: the features' regression counts where they come from a model that is trained."""
    regressed = not arm.hidden and recipe.trained is not Trained.NONE
    weights = Weights(recipe.attention if arm.attention else 0.0, 1.0 if regressed else 0.0)
    return UnimoObjective(
        arm.name,
        painting,
        preset,
        dataset,
        substitution=recipe.substitution,
        weights=weights,
        seed=recipe.seed,
        device=device,
    )


def train(objective: UnimoObjective, recipe: Recipe, folder: Path) -> Loop:
    """Train to the plan's end, or what is left of it."""
    loop = Loop(objective, recipe.plan, folder, recipe.seed)
    loop.run()
    return loop
