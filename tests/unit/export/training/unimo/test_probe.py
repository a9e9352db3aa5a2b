"""The probe reads what is there and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from export.presets import Preset
from export.training.unimo.dataset import Dataset
from export.training.unimo.probe import accuracy, labels, reference_states
from export.weights import load_network


def test_a_linear_code_is_read_and_noise_is_not() -> None:
    generator = torch.Generator().manual_seed(0)
    classes = torch.randint(4, (300,), generator=generator)
    code = torch.nn.functional.one_hot(classes, 4).float() @ torch.randn(4, 12, generator=generator)
    noise = torch.randn(300, 12, generator=generator)
    assert accuracy(code[:200], classes[:200], code[200:], classes[200:], 4) == 1.0
    assert accuracy(noise[:200], classes[:200], noise[200:], classes[200:], 4) < 0.5


def test_states_and_labels_are_of_the_same_references(preset: Preset, weights: Path, dataset: Dataset) -> None:
    language: Any = load_network(preset, weights, "language")
    features = reference_states(language, dataset, 3, hidden=False)
    assert torch.allclose(features, dataset.segments[:4].float().mean(1), atol=1e-5)
    assert reference_states(language, dataset, 3, hidden=True).shape == (4, preset.language.hidden)
    things = [subject.thing.shape for example in dataset.examples[:3] for subject in example.subjects]
    assert len(labels(dataset, 3, "shape")) == len(things)
    with pytest.raises(KeyError):
        labels(dataset, 3, "weight")
