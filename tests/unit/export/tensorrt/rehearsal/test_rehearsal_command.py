"""The graphs that plans are made of, held against NVIDIA's own builder by its own Python interface."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import onnx
import pytest
from typer.testing import CliRunner, Result

from export.presets import Preset, registry
from export.tensorrt.profile import ENGINES
from export.tensorrt.rehearsal.command import app
from tests.unit.export.tensorrt.plan_operator import Planned

pytestmark = pytest.mark.graphs


@pytest.fixture
def graphs(planned: Planned) -> Path:
    """All four in fp16, of two sizes."""
    return planned.graph("vae_decoder").parent


def rehearse(preset: Preset, graphs: Path, *arguments: str) -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry._PRESETS, preset.name, lambda: preset)
        line = ["--graphs", str(graphs), "--preset", preset.name, *arguments]
        return CliRunner().invoke(app, line, env={"COLUMNS": "200"})


def test_every_graph_is_taken_with_all_its_profiles(graphs: Path, of_two_sizes: Preset) -> None:
    result = rehearse(of_two_sizes, graphs)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[1:] == [
        "eva_clip: taken, 1 profile(s), fp16",
        "llama_feature_generator: taken, 2 profile(s), fp16",
        "sdxl_denoiser: taken, 2 profile(s), fp16",
        "vae_decoder: taken, 2 profile(s), fp16",
    ]


def test_refused_graphs_are_named_and_the_others_still_tried(
    graphs: Path, of_two_sizes: Preset, tmp_path: Path
) -> None:
    copies = Path(shutil.copytree(graphs, tmp_path / "graphs"))
    model = onnx.load(copies / "eva_clip.onnx")
    node = model.graph.node[3]
    node.op_type, node.domain, node.name = "Unheard", "nobody", "the_odd_one"
    onnx.save(model, copies / "eva_clip.onnx")
    result = rehearse(of_two_sizes, copies)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: eva_clip.onnx: TensorRT does not take the graph: node the_odd_one:")
    assert result.stdout.count(": taken") == len(ENGINES) - 1


def test_a_capability_that_it_does_not_know_is_refused_first(graphs: Path, of_two_sizes: Preset) -> None:
    result = rehearse(of_two_sizes, graphs, "--capability", "9.0")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: compute capability '9.0' is none of TensorRT-RTX's: 7.5, 8.0,")
    assert "taken" not in result.stdout


def test_missing_graphs_are_all_named(of_two_sizes: Preset, tmp_path: Path) -> None:
    result = rehearse(of_two_sizes, tmp_path)
    assert result.exit_code == 2
    assert result.stderr.count("does not exist") == len(ENGINES)


def test_without_the_package_it_says_what_to_install(
    graphs: Path, of_two_sizes: Preset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt_rtx_bindings", None)
    result = rehearse(of_two_sizes, graphs)
    assert result.exit_code == 2
    assert "install tensorrt-rtx-cu13-bindings" in result.stderr
