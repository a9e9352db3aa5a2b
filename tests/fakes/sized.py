"""A member of the family that is served at three sizes, small enough to export in a test; its weights are random."""

from __future__ import annotations

from pathlib import Path

import torch

from export import manifest
from export.build import write_graphs, write_tokenizer
from export.onnx import decoder, denoiser
from export.onnx.precision import Precision
from export.presets import DecoderSize, DenoiserSize, LanguageSize, Preset, Serving, VisionSize
from export.reference.picture import Painter
from export.source import Source
from export.weights import random_network
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


def engines() -> Path:
    """A folder with its denoiser, its decoder and their manifest, exported once and kept."""
    source = Source(PRESET, _ENGINES / "none", random=True)
    graphs = {name: _ENGINES / name / "1" / "model.onnx" for name in (denoiser.NAME, decoder.NAME)}
    write_graphs(source, graphs, Precision.FP32, None, lambda _: None)
    tokenizer = write_tokenizer(source, _ENGINES)
    manifest.write(manifest.describe(PRESET, _ENGINES, graphs, tokenizer, source.origin()), _ENGINES)
    return _ENGINES


def painter() -> Painter:
    """The reference with the same weights."""
    return Painter(PRESET, random_network(PRESET, "denoiser"), random_network(PRESET, "decoder"))


def features(seed: int) -> torch.Tensor:
    """[64, D]"""
    return torch.randn(PRESET.features, PRESET.vision.width, generator=torch.Generator().manual_seed(seed))
