"""A member of the family that is served at three sizes, small enough to export in a test; its weights are random."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from export.checkpoints import Checkpoint
from export.checkpoints.miniature import Form, write_checkpoint
from export.command import app
from export.presets import DecoderSize, DenoiserSize, LanguageSize, Preset, Serving, VisionSize, registry
from export.random_tokenizer import train_tokenizer
from export.reference import Reference
from export.weights import random_networks
from services.size import Size

_ENGINES = Path(__file__).resolve().parents[2] / ".cache" / "sized-engines"
SQUARE, WIDE, TALL = Size(32, 32), Size(40, 24), Size(24, 40)
SIZES = (SQUARE, WIDE, TALL)
PRESET = Preset(
    name="sized",
    image_size=32,
    vision=VisionSize(image_size=32, patch_size=2, width=32, layers=1, heads=2, mlp_hidden=40, pool_stride=2),
    language=LanguageSize(hidden=64, layers=1, heads=4, mlp_hidden=96, text_vocab=400),
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
    steps=6,
    guidance=3.0,
    context=160,
    serving=Serving(buckets=tuple((size.height, size.width) for size in SIZES)),
)


def authors(folder: Path) -> Path:
    """Its weights as a new `folder` of the authors', with a prefix and shards as old trainers leave them."""
    form = Form(prefix="module.", shard=100_000)
    write_checkpoint(folder, PRESET, random_networks(PRESET), train_tokenizer(PRESET), form)
    return folder


def engines(authors: Path) -> Path:
    """The model repository that one command makes of the folder, less its configurations; exported once and kept."""
    line = ["build", "--checkpoint", str(authors), "--preset", PRESET.name, "--repository", str(_ENGINES)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry._PRESETS, PRESET.name, lambda: PRESET)
        result = CliRunner().invoke(app, line)
    assert result.exit_code == 0, result.stderr
    return _ENGINES


def reference(authors: Path) -> Reference:
    """The plain pipeline over the folder's weights, read whole."""
    return Reference(PRESET, engines(authors), Checkpoint.open(authors, PRESET).networks())


def features(seed: int) -> torch.Tensor:
    """[64, D]"""
    return torch.randn(PRESET.features, PRESET.vision.width, generator=torch.Generator().manual_seed(seed))
