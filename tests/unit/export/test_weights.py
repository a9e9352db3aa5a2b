"""Weights are read strictly, and what is wrong with them is said."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from export.presets import Preset
from export.weights import WeightsError, load_network, random_network, save_network, weights_file


@pytest.fixture
def folder(preset: Preset, tmp_path: Path) -> Path:
    save_network(random_network(preset, "language"), tmp_path, "language")
    return tmp_path


def edit(folder: Path, name: str, value: torch.Tensor | None) -> None:
    path = weights_file(folder, "language")
    state = load_file(path)
    state.pop(name, None)
    save_file(state if value is None else {**state, name: value}, path)


def test_what_is_saved_is_loaded(preset: Preset, folder: Path) -> None:
    loaded = load_network(preset, folder, "language").state_dict()
    for name, value in random_network(preset, "language").state_dict().items():
        torch.testing.assert_close(loaded[name], value, rtol=0, atol=0)


def test_half_precision_files_become_fp32(preset: Preset, folder: Path) -> None:
    edit(folder, "norm.weight", torch.full((64,), 0.5, dtype=torch.bfloat16))
    weight = load_network(preset, folder, "language").state_dict()["norm.weight"]
    assert weight.dtype == torch.float32
    assert weight.eq(0.5).all()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("norm.weight", None, "lacks norm.weight"),
        ("norm.bias", torch.zeros(64), "has an unknown norm.bias"),
        ("norm.weight", torch.zeros(65), r"norm.weight is \[65\], the preset wants \[64\]"),
    ],
)
def test_a_tensor_that_does_not_fit_is_named(
    preset: Preset, folder: Path, name: str, value: torch.Tensor | None, message: str
) -> None:
    edit(folder, name, value)
    with pytest.raises(WeightsError, match=message):
        load_network(preset, folder, "language")


def test_a_missing_file_is_named(preset: Preset, folder: Path) -> None:
    with pytest.raises(WeightsError, match=r"vision\.safetensors does not exist"):
        load_network(preset, folder, "vision")


def test_a_file_of_another_kind_is_refused(preset: Preset, folder: Path) -> None:
    weights_file(folder, "language").write_bytes(b"not safetensors at all")
    with pytest.raises(WeightsError, match="is not a safetensors file"):
        load_network(preset, folder, "language")


def test_random_weights_depend_on_the_seed_alone(preset: Preset) -> None:
    states = [random_network(preset, "vision", seed).state_dict()["pos_embed"] for seed in (1, 1, 2)]
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])
