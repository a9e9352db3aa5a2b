"""The command: all problems before anything is begun, a table, plans, and nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from export.tensorrt import command
from services.engine.plan import Host, open_plan

from .fakes import L4, TRT, FakeCompiler, FakeProbe, short_of
from .written import write

SMALL = short_of(L4, compute_capability="7.5", free_memory=2**30)


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> FakeCompiler:
    compiler = FakeCompiler()
    monkeypatch.setattr(command, "open_compiler", lambda: compiler)
    monkeypatch.setattr(command, "LocalProbe", FakeProbe)
    return compiler


def run(folder: Path, *arguments: str) -> Result:
    folders = ("--graphs", str(folder), "--repository", str(folder / "out"), "--timings", str(folder / "timings"))
    return CliRunner().invoke(command.app, [*folders, "--engine", "eva_clip", *arguments], env={"COLUMNS": "200"})


def test_a_plan_is_built_once(tmp_path: Path, compiler: FakeCompiler) -> None:
    write(tmp_path / "eva_clip.onnx")
    first = run(tmp_path)
    assert first.exit_code == 0, first.output
    assert "to build" in first.output
    manifest = open_plan(tmp_path / "out" / "eva_clip" / "1" / "model.plan", Host(TRT.version, L4.name, "8.9"))
    assert (manifest.precision, manifest.weights_sha256) == ("bf16", "ab" * 32)
    again = run(tmp_path)
    assert "up to date" in again.output
    assert len(compiler.requests) == 1


def test_a_dry_run_builds_nothing(tmp_path: Path, compiler: FakeCompiler) -> None:
    write(tmp_path / "eva_clip.onnx")
    result = run(tmp_path, "--dry-run")
    assert result.exit_code == 0, result.output
    assert "eva_clip" in result.output
    assert compiler.requests == []
    assert not (tmp_path / "out").exists()


def test_every_missing_graph_is_named(tmp_path: Path, compiler: FakeCompiler) -> None:
    result = run(tmp_path, "--engine", "vae_decoder")
    assert result.exit_code == 2
    assert [line.split(" does")[0] for line in result.stderr.splitlines()] == [
        f"error: {tmp_path / name}.onnx" for name in ("eva_clip", "vae_decoder")
    ]
    assert compiler.requests == []


def test_every_problem_of_the_machine_is_named(
    tmp_path: Path, compiler: FakeCompiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "eva_clip.onnx")
    monkeypatch.setattr(command, "LocalProbe", lambda: FakeProbe(gpu=SMALL))
    result = run(tmp_path)
    assert result.exit_code == 2
    assert [line.split(":")[1] for line in result.stderr.splitlines()] == [" eva_clip", " eva_clip"]
    assert "bf16 needs compute capability 8.0" in result.stderr
    assert "weights and workspace take 8.0 GiB" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--preset", "wegen-9b"), "error: preset 'wegen-9b' is unknown"),
        (("--preset", "wegen-tiny"), "is of the preset wegen-7b, not wegen-tiny"),
        (("--level", "9"), "error: level 9 is not 0 to 5"),
        (("--engine", "clip"), "clip.onnx does not exist"),
    ],
)
def test_a_wrong_option_is_one_sentence(
    tmp_path: Path, compiler: FakeCompiler, arguments: tuple[str, ...], sentence: str
) -> None:
    write(tmp_path / "eva_clip.onnx")
    result = run(tmp_path, *arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
