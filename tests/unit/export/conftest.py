"""A member of the family small enough to export within a test, its graphs exported once for all tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from typer.testing import CliRunner

from export.checkpoints.miniature import Form, write_checkpoint
from export.checkpoints.vision import resize_positions
from export.command import app
from export.presets import DecoderSize, DenoiserSize, LanguageSize, Preset, Serving, VisionSize, registry
from export.random_tokenizer import train_tokenizer
from export.weights import TOKENIZER_FILE, Networks, random_networks

from .tensorrt.fakes import FakeCompiler, FakeProbe
from .tensorrt.plan_operator import Operator, Planned


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Networks this small lose more to a second thread's spinning than they gain, above all on a busy machine."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def preset() -> Preset:
    """Looks at pictures of 32 x 32 patches, as `wegen-7b` does."""
    return Preset(
        name="small",
        image_size=32,
        vision=VisionSize(image_size=128, patch_size=4, width=32, layers=2, heads=2, mlp_hidden=80, pool_stride=4),
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
def positions(preset: Preset) -> Tensor:
    """Of 16 x 16 patches, as EVA-CLIP was trained."""
    return torch.randn(1, 257, preset.vision.width, generator=torch.Generator().manual_seed(1)) * 0.02


@pytest.fixture(scope="session")
def networks(preset: Preset, positions: Tensor) -> Networks:
    """As a checkpoint can hold them: keys without a bias, positions resized, the UNet's weights exact in bf16."""
    networks, width = random_networks(preset), preset.vision.width
    with torch.no_grad():
        for name, value in networks.vision.named_parameters():
            if name.endswith("attn.qkv.bias"):
                value[width : 2 * width] = 0
        networks.vision.pos_embed.copy_(resize_positions(positions, 32))
        for value in networks.denoiser.parameters():
            value.copy_(value.bfloat16())
    return networks


@pytest.fixture(scope="session")
def pieces(preset: Preset) -> bytes:
    """tokenizer.model's bytes."""
    return train_tokenizer(preset)


@pytest.fixture(scope="session")
def weights_folder(pieces: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but a tokenizer."""
    folder = tmp_path_factory.mktemp("weights")
    (folder / TOKENIZER_FILE).write_bytes(pieces)
    return folder


@pytest.fixture(scope="session")
def authors(
    preset: Preset, networks: Networks, positions: Tensor, pieces: bytes, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """`networks` as a folder of the authors', with everything that old trainers do to one."""
    folder = tmp_path_factory.mktemp("checkpoint") / "authors"
    form = Form(prefix="module.", shard=100_000, positions=positions, base=("layers.1.",))
    write_checkpoint(folder, preset, networks, pieces, form)
    return folder


@pytest.fixture(scope="session")
def repository(preset: Preset, authors: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model repository that the command makes of `authors`."""
    folder = tmp_path_factory.mktemp("model_repository")
    line = ["build", "--checkpoint", str(authors), "--preset", preset.name, "--repository", str(folder)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry._PRESETS, preset.name, lambda: preset)
        result = CliRunner().invoke(app, line)
    assert result.exit_code == 0, result.stderr
    return folder


@pytest.fixture(scope="session")
def of_two_sizes(preset: Preset) -> Preset:
    """The same member, for pictures of two sizes."""
    return replace(preset, name="small-served", serving=Serving(buckets=((32, 32), (32, 48))))


@pytest.fixture(scope="session")
def planned(authors: Path, of_two_sizes: Preset, tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """What the command has made of `authors` for TensorRT when the last plan fails: fp16 graphs of open sizes."""
    operator = Operator(tmp_path_factory.mktemp("planned"), authors, of_two_sizes)
    compiler = FakeCompiler(fails=["vae_decoder"])
    return Planned(operator, operator.run(compiler, FakeProbe()), compiler)
