"""A build writes what services read, does nothing twice, and never leaves half a result."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
from typer.testing import CliRunner

from export.build import build_repository
from export.checkpoints import Checkpoint
from export.command import app
from export.onnx.exporter import ExportError
from export.presets import Preset
from export.source import Source
from export.weights import WeightsError

pytestmark = pytest.mark.graphs


@pytest.fixture
def manifest(repository: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((repository / "manifest.json").read_text())
    return content


def test_the_manifest_says_what_is_served(manifest: dict[str, Any], preset: Preset) -> None:
    assert manifest["format"] == 2
    assert manifest["sizes"] == [{"width": 32, "height": 32}]
    assert manifest["preset"] == "small"
    assert (manifest["latent_size"], manifest["image_size"], manifest["vision_size"]) == (16, 32, 128)
    assert manifest["language"] == {"layers": 2, "heads": 4, "head_dim": 16, "context": 160, "vocab": 730}
    assert manifest["scheduler"]["timestep_spacing"] == "leading"
    tokens = manifest["tokens"]
    assert (tokens["bos"], tokens["eos"], tokens["text_vocab"]) == (1, 2, 400)
    assert (tokens["image_start"], tokens["image_end"], tokens["image_first"]) == (400, 401, 402)
    assert len(tokens["special"]) == 330


def test_hashes_are_those_of_the_files(manifest: dict[str, Any], repository: Path) -> None:
    for entry in [*manifest["graphs"].values(), manifest["tokenizer"]]:
        assert hashlib.sha256((repository / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]


def test_graphs_have_the_inputs_and_outputs_that_services_bind(manifest: dict[str, Any], repository: Path) -> None:
    names = {
        name: ([item["name"] for item in graph["inputs"]], [item["name"] for item in graph["outputs"]])
        for name, graph in manifest["graphs"].items()
    }
    layers = [f"{kind}_{layer}" for layer in range(2) for kind in ("key", "value")]
    assert names == {
        "eva_clip": (["pixels"], ["features"]),
        "llama_feature_generator": (
            ["ids", "features", "is_feature", "past_length", "last", *(f"past_{name}" for name in layers)],
            ["logits", "feature", *(f"present_{name}" for name in layers)],
        ),
        "sdxl_denoiser": (
            ["latents", "sigma", "sigma_next", "timestep", "features", "time_ids", "guidance"],
            ["latents_out"],
        ),
        "vae_decoder": (["latents"], ["pixels"]),
    }
    assert manifest["graphs"]["vae_decoder"]["outputs"] == [
        {"name": "pixels", "dtype": "uint8", "shape": ["batch", 32, 32, 3]}
    ]


@pytest.mark.parametrize("batch", [1, 2, 16])
def test_every_graph_runs_at_the_batches_services_use(manifest: dict[str, Any], repository: Path, batch: int) -> None:
    sizes = {"batch": batch, "tokens": 3, "span": 8}
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    for graph in manifest["graphs"].values():
        session = ort.InferenceSession(repository / graph["file"], options, ["CPUExecutionProvider"])
        inputs = {
            item["name"]: np.zeros([sizes.get(dim, dim) for dim in item["shape"]], item["dtype"])
            for item in graph["inputs"]
        }
        for item, output in zip(graph["outputs"], session.run(None, inputs), strict=True):
            assert output.dtype == item["dtype"]
            assert list(output.shape) == [sizes.get(dim, dim) for dim in item["shape"]]
            assert np.isfinite(output).all()


def test_a_second_build_changes_no_graph(preset: Preset, authors: Path, repository: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in repository.rglob("*.onnx")}
    lines: list[str] = []
    build_repository(Checkpoint.open(authors, preset), repository, lines.append)
    assert lines == [
        f"{name} (fp32): up to date" for name in ("eva_clip", "llama_feature_generator", "sdxl_denoiser", "vae_decoder")
    ]
    assert {path: path.stat().st_mtime_ns for path in repository.rglob("*.onnx")} == before
    assert not list(repository.rglob("*.partial"))


def test_missing_weights_stop_a_build_before_it_writes(preset: Preset, weights_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"vision\.safetensors does not exist: train the preset"):
        build_repository(Source(preset, weights_folder), tmp_path / "repository", lambda _: None)
    assert not (tmp_path / "repository").exists()


def test_a_full_disk_is_told_before_anything_is_written(
    preset: Preset, weights_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("export.build.free_disk", lambda _: 1000)
    with pytest.raises(ExportError, match=r"the graphs of eva_clip, .*, vae_decoder take 0\.0 GiB, 0\.0 GiB are free"):
        build_repository(Source(preset, weights_folder, random=True), tmp_path / "repository", lambda _: None)
    assert not (tmp_path / "repository").exists()


def test_the_command_says_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["build", "--weights", str(tmp_path), "--repository", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("error: ")
    assert "does not exist" in result.stderr


def test_an_unknown_engine_names_the_others(tmp_path: Path) -> None:
    arguments = ["graphs", "--out", str(tmp_path), "--precision", "bf16", "--engine", "clip"]
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert "'clip' is no engine; there are eva_clip, llama_feature_generator" in result.stderr
    assert not list(tmp_path.iterdir())
