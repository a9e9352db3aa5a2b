"""A handful of examples and a family member too small to learn anything from them."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch

from export import presets
from export.presets import DecoderSize, DenoiserSize, LanguageSize, Preset, VisionSize
from export.tokenizer import Tokenizer
from export.training.plan import Plan
from export.training.unimo.arm import Recipe
from export.training.unimo.dataset import Dataset, load_dataset
from export.training.unimo.example import examples
from export.training.world.splits import Split
from export.weights import NETWORKS, ROOT, TOKENIZER_FILE, random_network, save_network

CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def preset() -> Preset:
    return replace(
        presets.load("wegen-tiny"),
        vision=VisionSize(128, 8, width=16, layers=1, heads=2, mlp_hidden=16, pool_stride=2),
        language=LanguageSize(hidden=24, layers=2, heads=2, mlp_hidden=16, text_vocab=768),
        denoiser=DenoiserSize((8, 8, 8), 1, (0, 1, 1), (1, 2, 2), feature_width=16, time_embed_dim=8, norm_groups=2),
        decoder=DecoderSize((8, 8, 8, 8), 1, 1.0, norm_groups=2),
        steps=2,
    )


@pytest.fixture(scope="session")
def weights(preset: Preset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random networks with the shipped tokenizer."""
    folder = tmp_path_factory.mktemp("unimo-weights")
    for name in NETWORKS:
        save_network(random_network(preset, name), folder, name)
    (folder / TOKENIZER_FILE).write_bytes((ROOT / "wegen-tiny" / TOKENIZER_FILE).read_bytes())
    return folder


@pytest.fixture(scope="session")
def dataset(preset: Preset, weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Two examples of one subject and two of two."""
    some = [each for number in (1, 2) for each in islice(examples(Split.TRAIN, subjects=number), 2)]
    tokenizer = Tokenizer.load(weights / TOKENIZER_FILE)
    return load_dataset(preset, weights, some, tokenizer, cache=tmp_path_factory.mktemp("cache"), device=CPU)


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    return Recipe(Plan(steps=23, batch=2, learning_rate=1e-2, warmup=1, ema=0.5, checkpoint_every=20))
