"""Networks of a small member with two picture sizes, as they are found in a miniature of the authors' folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from export.checkpoints.miniature import Form, write_checkpoint
from export.checkpoints.vision import resize_positions
from export.presets import Preset
from export.random_tokenizer import train_tokenizer
from export.weights import Networks, random_networks

Write = Callable[..., Path]


@pytest.fixture(scope="session")
def small(preset: Preset) -> Preset:
    """Serves pictures of 32 x 32 patches, as `wegen-7b` does."""
    return replace(preset, name="small-checkpoint", vision=replace(preset.vision, image_size=128, pool_stride=4))


@pytest.fixture(scope="session")
def positions(small: Preset) -> Tensor:
    """Of 16 x 16 patches, as EVA-CLIP was trained."""
    return torch.randn(1, 257, small.vision.width, generator=torch.Generator().manual_seed(1)) * 0.02


@pytest.fixture(scope="session")
def truth(small: Preset, positions: Tensor) -> Networks:
    """What reading must find: keys without a bias, positions resized, the UNet's weights exact in bf16."""
    networks, width = random_networks(small, seed=3), small.vision.width
    with torch.no_grad():
        for name, value in networks.vision.named_parameters():
            if name.endswith("attn.qkv.bias"):
                value[width : 2 * width] = 0
        networks.vision.pos_embed.copy_(resize_positions(positions, 32))
        for value in networks.denoiser.parameters():
            value.copy_(value.bfloat16())
    return networks


@pytest.fixture(scope="session")
def pieces(small: Preset) -> bytes:
    return train_tokenizer(small)


@pytest.fixture
def write(small: Preset, truth: Networks, positions: Tensor, pieces: bytes, tmp_path: Path) -> Write:
    """Writes a folder; keywords are `Form`'s, or `preset` and `networks` for other sizes."""

    def folder(preset: Preset = small, networks: Networks = truth, **form: object) -> Path:
        path = tmp_path / "authors"
        write_checkpoint(path, preset, networks, pieces, Form(**{"positions": positions, **form}))  # type: ignore[arg-type]
        return path

    return folder
