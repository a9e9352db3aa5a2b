"""Plans of which some are made of quantized graphs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import pytest

from export.checkpoints import Checkpoint
from export.digest import weights_digest
from export.onnx.facts import Facts
from export.presets import Preset
from export.tensorrt.profile import ENGINES
from services.engine.plan import Host, open_plan
from services.manifest import Manifest

from .fakes import L4, TRT, FakeCompiler, FakeProbe
from .plan_operator import Operator, Planned

pytestmark = pytest.mark.graphs

VAE = "vae_decoder"


@pytest.fixture
def operator(planned: Planned, authors: Path, of_two_sizes: Preset, tmp_path: Path) -> Operator:
    return Operator(tmp_path, authors, of_two_sizes, planned.operator.graphs)


class Shelf:
    """A folder of quantized graphs; what ModelOpt writes into one is `tests/unit/export/quantization`'s to say."""

    def __init__(self, folder: Path, planned: Planned, authors: Path, preset: Preset) -> None:
        self.folder, self._planned, self._preset = folder, planned, preset
        self._weights = weights_digest(Checkpoint.open(authors, preset).origin())
        folder.mkdir()

    def put(self, **facts: Any) -> Path:
        """A VAE that says so of itself."""
        model = onnx.load(self._planned.graph(VAE))
        del model.metadata_props[:]
        said = {"preset": self._preset.name, "precision": "fp16", "weights": self._weights, "quantization": "int8"}
        Facts(**{**said, **facts}).write(model)
        onnx.save(model, self.folder / f"{VAE}.onnx")
        return self.folder


@pytest.fixture
def shelf(planned: Planned, authors: Path, of_two_sizes: Preset, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("shelf") / "int8", planned, authors, of_two_sizes)


def test_a_quantized_graph_takes_the_typed_ones_place(operator: Operator, shelf: Shelf) -> None:
    compiler = FakeCompiler()
    result = operator.run(compiler, FakeProbe(), "--quantized", str(shelf.put()))
    assert result.exit_code == 0, result.output
    graphs = {request.graph.stem: request.graph.parent for request in compiler.requests}
    assert list(graphs) == list(ENGINES)
    assert [name for name, folder in graphs.items() if folder == shelf.folder] == [VAE]
    plan = open_plan(operator.repository / VAE / "1" / "model.plan", Host(TRT.version, L4.name, L4.compute_capability))
    assert (plan.quantization, plan.precision) == ("int8", "fp16")
    assert Manifest.load(operator.repository).graphs.keys() == set(ENGINES)
    again = FakeCompiler()
    assert operator.run(again, FakeProbe(), "--quantized", str(shelf.folder)).exit_code == 0
    assert again.requests == []


def test_a_dry_run_says_which(operator: Operator, shelf: Shelf) -> None:
    result = operator.run(FakeCompiler(), FakeProbe(), "--quantized", str(shelf.put()), "--dry-run")
    assert result.exit_code == 0, result.output
    (row,) = [line for line in result.stdout.splitlines() if "int8 in fp16" in line]
    assert VAE in row
    assert operator.wrote_nothing()


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"preset": "wegen-7b"}, "is of the preset wegen-7b, not small-served"),
        ({"quantization": ""}, "is not quantized: write it with `python -m export.quantization`"),
        ({"weights": "ab" * 32}, "was made of other weights than the rest"),
    ],
)
def test_a_graph_that_does_not_belong_is_refused(
    operator: Operator, shelf: Shelf, facts: dict[str, str], sentence: str
) -> None:
    compiler = FakeCompiler()
    result = operator.run(compiler, FakeProbe(), "--quantized", str(shelf.put(**facts)))
    assert result.exit_code == 2
    assert f"{VAE}.onnx {sentence}" in result.stderr
    assert compiler.requests == []
    assert operator.wrote_nothing()


def test_a_folder_without_any_is_refused(operator: Operator, shelf: Shelf) -> None:
    result = operator.run(FakeCompiler(), FakeProbe(), "--quantized", str(shelf.folder))
    assert result.exit_code == 2
    assert result.stderr.endswith("int8 holds no quantized graph: write it with `python -m export.quantization`\n")
