"""Networks of a folder of ours, or of a seed, come weight by weight and are what is loaded whole."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from export.onnx.deferred import is_placeholder
from export.presets import Preset
from export.source import Source
from export.weights import NETWORKS, WeightsError, random_network, save_network, weights_file


@pytest.fixture
def folder(preset: Preset, tmp_path: Path) -> Path:
    for name in NETWORKS:
        save_network(random_network(preset, name), tmp_path, name)
    return tmp_path


@pytest.mark.parametrize("random", [True, False])
@pytest.mark.parametrize("name", NETWORKS)
def test_small_weights_are_there_and_large_ones_are_read_later(
    preset: Preset, folder: Path, name: str, *, random: bool
) -> None:
    outline = Source(preset, folder, random).outline(name, torch.float32)
    assert outline.reads or name == "decoder"  # has no large weight at this size
    for key, wanted in random_network(preset, name).state_dict().items():
        found = outline.module.state_dict()[key]
        assert is_placeholder(found) == (key in outline.reads)
        torch.testing.assert_close(outline.reads[key]() if key in outline.reads else found, wanted, rtol=0, atol=0)


def test_what_does_not_fit_is_told_before_a_weight_is_read(preset: Preset, folder: Path) -> None:
    save_network(random_network(preset, "vision"), folder, "language")
    with pytest.raises(WeightsError, match=r"language\.safetensors: lacks embed_tokens\.weight"):
        Source(preset, folder).outline("language")
    weights_file(folder, "denoiser").write_bytes(b"cut")
    with pytest.raises(WeightsError, match=r"denoiser\.safetensors"):
        Source(preset, folder).outline("denoiser")
