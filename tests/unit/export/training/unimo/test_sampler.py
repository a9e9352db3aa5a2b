"""Pictures depend on prompt and seed alone, and pixels judge them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from export.presets import Preset
from export.reference.picture import Painter
from export.training.unimo.arm import ARMS, Arm, build_painting
from export.training.unimo.batch import pad
from export.training.unimo.conditioning import Trained
from export.training.unimo.dataset import Dataset
from export.training.unimo.example import held_out
from export.training.unimo.held_out import whole_draws
from export.training.unimo.sampler import Sampler
from export.training.unimo.scoring import judge_all, scores
from export.weights import load_network

CPU = torch.device("cpu")


def sampler_of(arm: Arm, preset: Preset, weights: Path) -> Sampler:
    painting = build_painting(arm, preset, weights, Trained.NONE)
    return Sampler(preset, painting, load_network(preset, weights, "decoder"), CPU)


@pytest.mark.parametrize("arm", ARMS[:2], ids=lambda arm: arm.name)
def test_a_picture_is_the_same_alone_and_in_a_batch(arm: Arm, preset: Preset, weights: Path, dataset: Dataset) -> None:
    sampler = sampler_of(arm, preset, weights)
    prompts = [dataset.prompt(d, opens_image=sampler.opens_image) for d in whole_draws(dataset, replaced=True)][1:3]
    together, alone = sampler.paint(prompts, [4, 5]), sampler.paint(prompts[:1], [4])
    assert together[0].shape == (128, 128, 3)
    assert np.abs(together[0].astype(int) - alone[0]).max() <= 1
    assert np.abs(together[0].astype(int) - sampler.paint(prompts[:1], [6])[0]).max() > 10


def test_features_are_painted_as_the_reference_paints_them(preset: Preset, weights: Path, dataset: Dataset) -> None:
    sampler = sampler_of(ARMS[0], preset, weights)
    prompt = dataset.prompt(whole_draws(dataset, replaced=True)[0], opens_image=True)
    painting = build_painting(ARMS[0], preset, weights, Trained.NONE)
    features = painting.conditioning(pad([prompt])).states[0]
    expected = Painter(preset, painting.unet, load_network(preset, weights, "decoder")).paint(features, 3, None, None)
    assert np.abs(np.asarray(expected).astype(int) - sampler.paint([prompt], [3])[0]).max() <= 1


def test_true_pictures_score_high_and_blank_ones_nothing() -> None:
    asked = held_out(3)
    true = scores(judge_all(asked, [example.picture for example in asked]))
    blank = scores(judge_all(asked, [np.full((128, 128, 3), 246, np.uint8) for _ in asked]))
    assert min(true.values()) > 0.6
    assert true["background"] == 1.0
    assert blank["shape"] == blank["one"] == blank["both"] == 0.0
    with pytest.raises(ValueError, match="no pictures"):
        scores([])
