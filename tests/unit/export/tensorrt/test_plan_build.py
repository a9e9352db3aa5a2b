"""Plans are built once, whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from export.tensorrt.build import build_plans
from export.tensorrt.options import BuildOptions, Hardware
from export.tensorrt.plan import Target, WantedPlan, write_plan
from export.tensorrt.problem import PlanBuildError
from export.tensorrt.timing import TimingStore
from services.engine.plan import Host, open_plan

from .fakes import TARGET, FakeCompiler, Silence, graph, plan


def build(folder: Path, plans: list[WantedPlan], compiler: FakeCompiler, target: Target = TARGET) -> list[str]:
    lines: list[str] = []
    store = TimingStore(folder / "timings")
    quiet = Silence()
    build_plans(
        plans, target, compiler, timings=store, progress=lambda: contextlib.nullcontext(quiet), report=lines.append
    )
    return lines


def two(folder: Path) -> list[WantedPlan]:
    return [plan(folder, graph(engine, path=Path(f"{engine}.onnx"))) for engine in ("eva_clip", "vae_decoder")]


def test_the_server_reads_the_manifest_that_was_written(tmp_path: Path) -> None:
    (wanted,) = plans = [plan(tmp_path)]
    build(tmp_path, plans, FakeCompiler())
    host = Host(TARGET.tensorrt, TARGET.gpu, TARGET.compute_capability)
    found = open_plan(wanted.path, host)
    assert found.plan_sha256 == hashlib.sha256(wanted.path.read_bytes()).hexdigest()
    assert (found.engine, found.precision, found.preset) == ("vae_decoder", "fp16", "wegen-7b")
    assert (found.weights_sha256, found.graph_sha256) == ("ab" * 32, "cd" * 32)
    assert found.profiles[0]["latents"].max == (4, 4, 128, 128)
    assert found.inputs[0].shape == ("batch", 4, 128, 128)
    assert not list(tmp_path.rglob("*.partial"))


def test_a_second_build_builds_nothing(tmp_path: Path) -> None:
    build(tmp_path, two(tmp_path), FakeCompiler())
    compiler = FakeCompiler()
    assert build(tmp_path, two(tmp_path), compiler) == ["eva_clip: up to date", "vae_decoder: up to date"]
    assert compiler.requests == []


def test_a_failed_build_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with pytest.raises(PlanBuildError, match=r"vae_decoder\.onnx: no"):
        build(tmp_path, two(tmp_path), FakeCompiler(fails=["vae_decoder"]))
    assert not (tmp_path / "vae_decoder").exists()
    compiler = FakeCompiler()
    lines = build(tmp_path, two(tmp_path), compiler)
    assert lines[0] == "eva_clip: up to date"
    assert [request.graph.stem for request in compiler.requests] == ["vae_decoder"]


@pytest.mark.parametrize(
    "target",
    [
        replace(TARGET, tensorrt="10.16.2.1"),
        replace(TARGET, gpu="NVIDIA L40S"),
        replace(TARGET, compute_capability="9.0"),
    ],
)
def test_another_machine_builds_again(tmp_path: Path, target: Target) -> None:
    build(tmp_path, two(tmp_path), FakeCompiler())
    compiler = FakeCompiler()
    build(tmp_path, two(tmp_path), compiler, target)
    assert len(compiler.requests) == 2


def test_what_a_plan_is_made_of_decides(tmp_path: Path) -> None:
    wanted = plan(tmp_path)
    build(tmp_path, [wanted], FakeCompiler())
    assert wanted.is_built(TARGET)
    facts = replace(wanted.graph.facts, weights="ef" * 32)
    others = [
        replace(wanted, graph=replace(wanted.graph, sha256="00")),
        replace(wanted, graph=replace(wanted.graph, facts=facts)),
        replace(wanted, profiles=wanted.profiles * 2),
        replace(wanted, options=BuildOptions(workspace_gib=4)),
        replace(wanted, options=BuildOptions(level=5)),
        replace(wanted, options=BuildOptions(hardware=Hardware.AMPERE_PLUS)),
        replace(wanted, options=BuildOptions(version_compatible=True)),
    ]
    assert not any(other.is_built(TARGET) for other in others)


def test_a_truncated_plan_is_built_again(tmp_path: Path) -> None:
    wanted = plan(tmp_path)
    build(tmp_path, [wanted], FakeCompiler())
    wanted.path.write_bytes(wanted.path.read_bytes()[:-1])
    assert not wanted.is_built(TARGET)


@pytest.mark.parametrize("content", ["", "[]", '{"format": 1', '{"format": 1}'])
def test_half_a_manifest_is_none(tmp_path: Path, content: str) -> None:
    wanted = plan(tmp_path)
    build(tmp_path, [wanted], FakeCompiler())
    wanted.manifest.write_text(content)
    assert not wanted.is_built(TARGET)


def test_an_old_manifest_never_stands_beside_a_new_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = plan(tmp_path)
    build(tmp_path, [wanted], FakeCompiler())

    def crash(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("export.tensorrt.plan._write", crash)
    with pytest.raises(OSError, match="no space left"):
        write_plan(wanted, TARGET, b"new", "00")
    assert wanted.path.read_bytes() == b"new"
    assert not wanted.manifest.exists()


def test_timings_of_earlier_builds_are_used(tmp_path: Path) -> None:
    compiler = FakeCompiler()
    build(tmp_path, two(tmp_path), compiler)
    assert [request.timings for request in compiler.requests] == [b"", b"+"]
    store = TimingStore(tmp_path / "timings")
    assert store.read(TARGET) == b"++"
    assert store.read(replace(TARGET, gpu="NVIDIA/L40S")) == b""
    assert [path.name for path in store.folder.iterdir()] == ["NVIDIA_L4-8.9-10.16.1.11.timings"]


def test_a_manifest_is_plain_json(tmp_path: Path) -> None:
    wanted = plan(tmp_path)
    build(tmp_path, [wanted], FakeCompiler())
    content = json.loads(wanted.manifest.read_text())
    assert content["profiles"] == [
        {"latents": {"min": [1, 4, 128, 128], "opt": [2, 4, 128, 128], "max": [4, 4, 128, 128]}}
    ]
    assert content["options"] == {"workspace_gib": "8.0", "level": "3"}


@pytest.mark.parametrize(("name", "value"), [("workspace_gib", 0), ("level", 6)])
def test_options_have_limits(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} {value} is not"):
        BuildOptions(**{name: value})
