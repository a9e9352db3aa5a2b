"""One command makes a model repository of a miniature folder, and what it serves equals the reference."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from typer.testing import CliRunner

from export.command import app
from export.networks import noise_scheduler, time_ids
from export.presets import Preset, registry
from export.reference import ReferenceLanguage
from export.reference.picture import Painter
from export.weights import Networks
from services.manifest import Manifest
from tests.unit.export.onnx.language_rows import Cache, random_row

from .test_checkpoint import TRAINED

pytestmark = pytest.mark.graphs


def command(monkeypatch: pytest.MonkeyPatch, preset: Preset, *arguments: str) -> Any:
    monkeypatch.setitem(registry._PRESETS, preset.name, lambda: preset)
    return CliRunner().invoke(app, [*arguments, "--preset", preset.name])


@pytest.fixture(scope="module")
def built(repository: Path) -> Path:
    """The repository that the command writes."""
    return repository


def run(built: Path, name: str, **inputs: NDArray[np.generic]) -> NDArray[Any]:
    (output,) = session(built, name).run(None, inputs)
    found: NDArray[Any] = output
    return found


def session(built: Path, name: str) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    return ort.InferenceSession(built / name / "1" / "model.onnx", options, ["CPUExecutionProvider"])


def test_services_read_the_manifest(built: Path, small: Preset) -> None:
    manifest = Manifest.load(built)
    assert (manifest.image_size, manifest.language.layers) == (small.image_size, small.language.layers)


def test_the_manifest_names_the_source_files(built: Path, authors: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text())
    assert manifest["preset"] == "small"
    assert TRAINED in manifest["weights"]
    for file, digest in manifest["weights"].items():
        assert hashlib.sha256((authors / file).read_bytes()).hexdigest() == digest
    assert not list(built.rglob("*.partial"))


@torch.no_grad()
def test_features_equal(built: Path, small: Preset, truth: Networks) -> None:
    pixels = torch.randn(1, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    found = run(built, "eva_clip", pixels=pixels.numpy())
    np.testing.assert_allclose(found, truth.vision(pixels).numpy(), atol=2e-5, rtol=0)


def test_logits_and_predicted_features_equal(built: Path, small: Preset, truth: Networks) -> None:
    peer, row = ReferenceLanguage(truth.language, small.context), random_row(small, 20, 4)
    embeddings, mask = peer.token(row.ids), torch.tensor(row.is_feature)
    embeddings[mask] = peer.feature(torch.from_numpy(row.features))[mask]
    logits, features = peer.hidden(embeddings[None])
    cache = Cache(session(built, "llama_feature_generator"), small, 1, 32)
    cache.step([row[:19]])
    found = cache.step([row[19:]])
    np.testing.assert_allclose(found[0][0], logits[0, -1].numpy(), atol=2e-5, rtol=0)
    np.testing.assert_allclose(found[1][0], features[0, -1].numpy(), atol=1e-5, rtol=0)


def test_a_denoised_and_decoded_picture_equals(built: Path, small: Preset, truth: Networks) -> None:
    painter = Painter(small, truth.denoiser, truth.decoder)
    features = torch.randn(small.features, small.vision.width, generator=torch.Generator().manual_seed(2))
    *_, wanted = painter.denoise(features, seed=5, steps=4, guidance=3.0)
    latents = denoise(built, small, painter, features)
    np.testing.assert_allclose(latents[0], wanted.numpy(), atol=2e-4, rtol=0)
    pixels = run(built, "vae_decoder", latents=latents)
    picture = np.asarray(painter.decode(wanted), np.int16)
    assert np.abs(pixels[0].astype(np.int16) - picture).max() <= 1


def denoise(built: Path, preset: Preset, painter: Painter, features: Tensor) -> NDArray[Any]:
    scheduler: Any = noise_scheduler()
    scheduler.set_timesteps(4)
    latents = (painter.noise(5) * scheduler.init_noise_sigma).numpy()[None]
    graph = session(built, "sdxl_denoiser")
    for number, timestep in enumerate(scheduler.timesteps):
        row = {
            "sigma": scheduler.sigmas[number : number + 1].numpy(),
            "sigma_next": scheduler.sigmas[number + 1 : number + 2].numpy(),
            "timestep": np.array([timestep], np.float32),
            "features": features.numpy()[None],
            "time_ids": time_ids(preset).numpy()[None],
            "guidance": np.array([3.0], np.float32),
        }
        (latents,) = graph.run(None, {"latents": latents, **row})
    found: NDArray[Any] = latents
    return found


def test_a_damaged_folder_leaves_no_repository(
    authors: Path, small: Preset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged, out = tmp_path / "damaged", tmp_path / "out"
    shutil.copytree(authors, damaged)
    (damaged / TRAINED).write_bytes((authors / TRAINED).read_bytes()[:-1000])
    result = command(monkeypatch, small, "build", "--checkpoint", str(damaged), "--repository", str(out))
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {damaged / TRAINED} is cut short or damaged: ")
    assert result.stderr.count("\n") == 1
    assert not out.exists()


def test_a_checkpoint_excludes_other_weights(
    authors: Path, small: Preset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = command(monkeypatch, small, "build", "--checkpoint", str(authors), "--random")
    assert result.exit_code == 2
    assert "--checkpoint takes neither --weights nor --random" in result.stderr
