"""A member of the family small enough to paint within a test, and encoders that can be computed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.quality.measures.likeness import Embeddings
from bench.quality.picture import Picture
from export.presets import DecoderSize, DenoiserSize, LanguageSize, Preset, VisionSize
from export.random_tokenizer import train_tokenizer
from export.reference import Reference
from export.weights import TOKENIZER_FILE, Networks, random_networks, save_network


class ColourEncoder:
    """A picture is its mean colour in 0..1, a text the share of r, g and b among its letters r, g, b."""

    name = "colours"

    def pictures(self, pictures: Sequence[Picture]) -> Embeddings:
        return np.array([picture.mean((0, 1)) / 255 for picture in pictures], dtype=np.float32)

    def texts(self, texts: Sequence[str]) -> Embeddings:
        return np.array([[text.count(letter) for letter in "rgb"] for text in texts], dtype=np.float32)


def plain(red: int, green: int, blue: int, side: int = 8) -> Picture:
    return np.full((side, side, 3), (red, green, blue), np.uint8)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def small() -> Preset:
    return Preset(
        name="small",
        image_size=16,
        vision=VisionSize(image_size=16, patch_size=2, width=16, layers=2, heads=2, mlp_hidden=32, pool_stride=2),
        language=LanguageSize(hidden=32, layers=1, heads=2, mlp_hidden=48, text_vocab=400),
        denoiser=DenoiserSize(
            channels=(8, 16),
            layers_per_block=1,
            transformer_layers=(0, 1),
            attention_heads=(1, 2),
            feature_width=16,
            time_embed_dim=8,
            norm_groups=4,
        ),
        decoder=DecoderSize(channels=(8, 8), layers_per_block=1, scaling_factor=0.5, norm_groups=4),
        steps=2,
        guidance=3.0,
        context=768,
    )


@pytest.fixture(scope="session")
def networks(small: Preset) -> Networks:
    return random_networks(small)


@pytest.fixture(scope="session")
def weights(small: Preset, networks: Networks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    (folder / TOKENIZER_FILE).write_bytes(train_tokenizer(small))
    for name in ("vision", "language", "denoiser", "decoder"):
        save_network(getattr(networks, name), folder, name)
    return folder


@pytest.fixture(scope="session")
def reference(small: Preset, weights: Path, networks: Networks) -> Reference:
    return Reference(small, weights, networks)
