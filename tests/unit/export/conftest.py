"""A member of the family small enough to export within a test."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from export.build import Source, build_repository
from export.presets import DecoderSize, DenoiserSize, LanguageSize, Preset, VisionSize
from export.random_tokenizer import train_tokenizer
from export.weights import TOKENIZER_FILE, Networks, random_networks


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Networks this small lose more to a second thread's spinning than they gain, above all on a busy machine."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def preset() -> Preset:
    return Preset(
        name="small",
        image_size=32,
        vision=VisionSize(image_size=64, patch_size=4, width=32, layers=2, heads=2, mlp_hidden=80, pool_stride=2),
        language=LanguageSize(hidden=64, layers=2, heads=4, mlp_hidden=96, text_vocab=400),
        denoiser=DenoiserSize(
            channels=(16, 32),
            layers_per_block=1,
            transformer_layers=(0, 1),
            attention_heads=(1, 2),
            feature_width=32,
            time_embed_dim=16,
            norm_groups=4,
        ),
        decoder=DecoderSize(channels=(8, 16), layers_per_block=1, scaling_factor=0.5, norm_groups=4),
        steps=4,
        guidance=3.0,
        context=160,
    )


@pytest.fixture(scope="session")
def networks(preset: Preset) -> Networks:
    return random_networks(preset)


@pytest.fixture(scope="session")
def weights_folder(preset: Preset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but a tokenizer."""
    folder = tmp_path_factory.mktemp("weights")
    (folder / TOKENIZER_FILE).write_bytes(train_tokenizer(preset))
    return folder


@pytest.fixture(scope="session")
def repository(preset: Preset, weights_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model repository of the weights in `networks`, built once."""
    folder = tmp_path_factory.mktemp("model_repository")
    build_repository(Source(preset, weights_folder, random=True), folder, lambda _: None)
    return folder
