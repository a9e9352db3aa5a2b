"""Quantized graphs with a report, or one sentence and nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state as faults
from typer.testing import CliRunner, Result

from export.onnx.facts import Facts
from export.presets import Preset, registry
from export.quantization.calibration import calibration, wishes
from export.quantization.command import app
from export.quantization.graph import excluded_nodes
from export.quantization.problem import QuantizationError
from export.quantization.trajectory import open_graph
from export.tensorrt.graph import read_graph


class Operator:
    """Runs the command over the small graphs."""

    def __init__(self, preset: Preset, folders: dict[str, Path]) -> None:
        self._preset, self._folders = preset, folders

    @property
    def out(self) -> Path:
        return self._folders["--out"]

    def run(self, *arguments: str, **changes: Path) -> Result:
        folders = self._folders | {f"--{name}": path for name, path in changes.items()}
        line = [str(word) for pair in folders.items() for word in pair]
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(registry._PRESETS, self._preset.name, lambda: self._preset)
            return CliRunner().invoke(app, [*line, "--pictures", "3", *arguments])


@pytest.fixture
def operator(preset: Preset, graphs: Path, python: Path, features: Path, tmp_path: Path) -> Operator:
    folders = {"--repository": graphs, "--out": tmp_path / "out", "--python": python, "--features": features}
    return Operator(preset, folders)


def test_both_engines_are_quantized_and_what_that_costs_is_told(operator: Operator) -> None:
    result = operator.run("--engine", "sdxl_denoiser=int8", "--engine", "vae_decoder=fp8")
    assert result.exit_code == 0, result.output
    for name, mode in (("sdxl_denoiser", "int8"), ("vae_decoder", "fp8")):
        path = operator.out / f"{name}.onnx"
        facts = Facts.of(onnx.load(path))
        assert facts
        assert (facts.preset, facts.precision, facts.quantization) == ("small", "fp16", mode)
        assert read_graph(name, path).facts.number_formats == f"{mode} in fp16"
    report = json.loads((operator.out / "quantization.json").read_text())
    denoiser = report["sdxl_denoiser"]
    assert denoiser["pictures"] == 2  # of five, three were for calibration
    assert len(denoiser["latents_error_by_step"]) == 4
    assert 0 < max(denoiser["latents_error_by_step"]) < 0.1
    assert denoiser["psnr_worst"] <= denoiser["psnr_mean"] <= 100
    assert sorted(path.name for path in operator.out.iterdir()) == [
        "quantization.json",
        "sdxl_denoiser.onnx",
        "vae_decoder.onnx",
    ]


def test_a_graph_that_no_cpu_runs_is_written_and_not_measured(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, threads: int) -> ort.InferenceSession:
        if path.parent == operator.out:
            raise faults.NotImplemented("no kernel for Unsqueeze(24)")
        return open_graph(path, threads)

    monkeypatch.setattr("export.quantization.run.open_graph", refuse)
    result = operator.run("--engine", "sdxl_denoiser=fp8")
    assert result.exit_code == 0, result.output
    assert "sdxl_denoiser (fp8): not measured, ONNX Runtime has no kernel for it" in result.stdout
    assert (operator.out / "sdxl_denoiser.onnx").is_file()


def test_layers_can_be_left_as_they_are(operator: Operator) -> None:
    result = operator.run("--engine", "sdxl_denoiser=int8", "--exclude", "conv_in")
    assert result.exit_code == 2
    assert result.stderr == "error: sdxl_denoiser.onnx: ModelOpt quantized nothing\n"
    assert not (operator.out / "sdxl_denoiser.onnx").exists()


def test_a_layer_that_is_not_there_cannot_be_left_out(graphs: Path) -> None:
    model = onnx.load(graphs / "sdxl_denoiser/1/model.onnx")
    assert excluded_nodes(model, [r"unet\.conv_in"]) == excluded_nodes(model, ["^node_conv$"]) == ["node_conv"]
    with pytest.raises(QuantizationError, match="no node and no weight has 'conv_out' in its name"):
        excluded_nodes(model, ["conv_out"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--engine", "sdxl_denoiser=int4"], "--engine sdxl_denoiser: 'int4' is none of int8, fp8"),
        (["--engine", "eva_clip=int8"], "'eva_clip' is not quantized: sdxl_denoiser and vae_decoder are"),
        (["--engine", "sdxl_denoiser=int8", "--pictures", "5"], "[5, 64, 32], not more than 5 of [64, 32]"),
        (
            ["--engine", "sdxl_denoiser=int8", "--method", "entropy"],
            "sdxl_denoiser.onnx: ModelOpt failed: ValueError: no range for node_conv2d",
        ),
    ],
)
def test_what_cannot_be_is_told_in_one_sentence(operator: Operator, arguments: list[str], sentence: str) -> None:
    result = operator.run(*arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (operator.out / "sdxl_denoiser.onnx").exists()


def test_an_environment_that_is_not_there(operator: Operator, tmp_path: Path) -> None:
    result = operator.run("--engine", "sdxl_denoiser=int8", python=tmp_path / "none")
    assert result.exit_code == 2
    assert "none does not exist: make ModelOpt's environment" in result.stderr


def test_a_repository_without_graphs_in_fp32(operator: Operator, graphs: Path) -> None:
    (graphs / "vae_decoder/1/model.onnx").unlink()
    result = operator.run("--engine", "sdxl_denoiser=int8")
    assert f"{graphs} has no vae_decoder in fp32: write them with `python -m export build`" in result.stderr
    (graphs / "manifest.json").unlink()
    assert "manifest.json does not exist" in operator.run("--engine", "sdxl_denoiser=int8").stderr


def test_calibration_sees_early_and_late_steps_of_several_guidances(preset: Preset, graphs: Path) -> None:
    features = np.zeros((4, 64, 32), np.float32)
    found = calibration(open_graph(graphs / "sdxl_denoiser/1/model.onnx", 1), preset, wishes(features), 3)
    denoiser = found["sdxl_denoiser"]
    assert {len(rows) for rows in denoiser.values()} == {8}
    assert len(np.unique(denoiser["timestep"])) == preset.steps
    assert sorted(set(denoiser["guidance"].tolist())) == [2, 3, 5, 7]
    assert found["vae_decoder"]["latents"].shape == (4, 4, 16, 16)
