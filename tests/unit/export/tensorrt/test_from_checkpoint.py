"""One command from the authors' folder to plans that a server opens; every problem before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from export.presets import Preset
from export.tensorrt.profile import ENGINES
from services.engine.plan import Host, open_plan
from services.manifest import Manifest

from .fakes import GIB, L4, TRT, FakeCompiler, FakeProbe, short_of
from .plan_operator import Operator, Planned

HOST = Host(TRT.version, L4.name, L4.compute_capability)


@pytest.fixture
def operator(tmp_path: Path, authors: Path, of_two_sizes: Preset) -> Operator:
    return Operator(tmp_path, authors, of_two_sizes)


@pytest.mark.parametrize(
    ("probe", "sentence"),
    [
        (FakeProbe(gpu=None), "error: no NVIDIA GPU was found"),
        (FakeProbe(tensorrt=None), "error: TensorRT is not installed"),
        (FakeProbe(gpu=short_of(L4, free_memory=4 * GIB)), "weights and workspace take 8.0 GiB, 4.0 of NVIDIA L4's"),
        (FakeProbe(disk=1000), "the graphs and plans take 0.0 GiB at least"),
        (FakeProbe(gpu=short_of(L4, driver="530.30")), "error: the driver 530.30 is older than 580"),
    ],
)
def test_a_machine_that_cannot_is_told_first(operator: Operator, probe: FakeProbe, sentence: str) -> None:
    compiler = FakeCompiler()
    result = operator.run(compiler, probe)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert compiler.requests == []
    assert operator.wrote_nothing()


def test_a_dry_run_shows_what_would_be_built(operator: Operator) -> None:
    result = operator.run(FakeCompiler(), FakeProbe(), "--dry-run", "--precision", "bf16")
    assert result.exit_code == 0, result.output
    rows = [line for line in result.stdout.splitlines() if "to build" in line and "GiB" not in line]
    assert [name for name in ENGINES if any(name in row and "bf16" in row for row in rows)] == list(ENGINES)
    assert operator.wrote_nothing()


@pytest.mark.graphs
class TestBuilt:
    """A build that fails at its last plan and then goes on."""

    def test_a_build_that_fails_leaves_no_manifest(self, planned: Planned) -> None:
        operator, result = planned.operator, planned.result
        assert result.exit_code == 2
        assert result.stderr == "error: vae_decoder.onnx: no\n"
        assert [request.graph.stem for request in planned.compiler.requests] == list(ENGINES)
        assert not (operator.repository / "manifest.json").exists()
        assert not list(operator.folder.rglob("*.partial"))

    def test_the_next_goes_on_and_a_server_opens_it(self, planned: Planned) -> None:
        operator, compiler = planned.operator, FakeCompiler()
        result = operator.run(compiler, FakeProbe())
        assert result.exit_code == 0, result.output
        assert [request.graph.stem for request in compiler.requests] == ["vae_decoder"]
        assert "sdxl_denoiser (fp16): up to date" in result.stdout
        manifest = Manifest.load(operator.repository)
        assert {name: graph.precision for name, graph in manifest.graphs.items()} == dict.fromkeys(ENGINES, "fp16")
        assert (operator.repository / manifest.tokenizer.file).is_file()
        plans = {name: open_plan(operator.repository / name / "1" / "model.plan", HOST) for name in ENGINES}
        assert [len(plan.profiles) for plan in plans.values()] == [1, 2, 2, 2]
        assert [profile["latents"].opt for profile in plans["vae_decoder"].profiles] == [(2, 4, 16, 16), (2, 4, 16, 24)]
        again = FakeCompiler()
        assert operator.run(again, FakeProbe(disk=0)).exit_code == 0
        assert again.requests == []
