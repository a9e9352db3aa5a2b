"""What the compiler makes of the answers of NVIDIA's own bindings, where a fake could only repeat what was read."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from export.presets import Preset
from export.tensorrt.build import build_plans, graph_files, wanted_plans
from export.tensorrt.options import BuildOptions, Hardware
from export.tensorrt.plan import Target
from export.tensorrt.problem import BuildCancelledError, PlanBuildError
from export.tensorrt.profile import ShapeRange, profiles
from export.tensorrt.rehearsal.compiler import RehearsalCompiler, open_rehearsal
from export.tensorrt.timing import TimingStore
from export.tensorrt.toolkit import BuildRequest, Progress
from services.engine.plan import Host, open_plan
from tests.unit.export.tensorrt.fakes import Silence
from tests.unit.export.tensorrt.plan_operator import Planned

pytestmark = pytest.mark.graphs


class Heard(Silence):
    """Remembers the phases; says `going` to every step."""

    def __init__(self, *, going: bool = True) -> None:
        self.going, self.open, self.parents = going, [], {}

    open: list[str]
    parents: dict[str, str | None]

    def start(self, phase: str, parent: str | None, steps: int) -> None:
        self.open.append(phase)
        self.parents[phase] = parent

    def step(self, phase: str, number: int) -> bool:
        return self.going

    def finish(self, phase: str) -> None:
        self.open.remove(phase)


@pytest.fixture(scope="module")
def compiler() -> RehearsalCompiler:
    """One for all: TensorRT keeps the first logger of a process."""
    return open_rehearsal("8.9")


@pytest.fixture(scope="module")
def request_(planned: Planned, of_two_sizes: Preset) -> BuildRequest:
    graphs = graph_files(planned.graph("vae_decoder").parent, ["vae_decoder"])
    (plan,) = wanted_plans(of_two_sizes, graphs, Path("models"), BuildOptions())
    return BuildRequest(plan.graph.path, profiles(plan.graph, of_two_sizes), plan.options, b"")


def test_a_build_reports_nested_phases_and_ends_all_of_them(
    compiler: RehearsalCompiler, request_: BuildRequest
) -> None:
    heard = Heard()
    built = compiler.build(request_, heard)
    assert memoryview(built.plan).nbytes > request_.graph.stat().st_size / 2
    assert heard.open == []
    assert None in heard.parents.values()
    assert {parent for parent in heard.parents.values() if parent} <= heard.parents.keys()


def test_whoever_says_stop_is_obeyed(compiler: RehearsalCompiler, request_: BuildRequest) -> None:
    with pytest.raises(BuildCancelledError, match=r"vae_decoder\.onnx: stopped"):
        compiler.build(request_, Heard(going=False))


def test_timings_serve_the_next_build_and_others_are_left_out(
    compiler: RehearsalCompiler, request_: BuildRequest
) -> None:
    kept = compiler.build(request_, Silence()).timings
    assert compiler.build(replace(request_, timings=kept), Silence()).timings == kept
    assert compiler.build(replace(request_, timings=b"no timings of anybody's" * 9), Silence()).timings == kept


@pytest.mark.parametrize("hardware", list(Hardware))
def test_every_choice_of_hardware_is_a_level_of_the_builder(
    compiler: RehearsalCompiler, request_: BuildRequest, hardware: Hardware
) -> None:
    options = BuildOptions(hardware=hardware, level=1)
    assert compiler.build(replace(request_, options=options), Silence()).plan is not None


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        ({"latents": ShapeRange((1, 5, 8, 8), (1, 5, 8, 8), (1, 5, 8, 8))}, "profile has min=5"),
        ({"unheard": ShapeRange((1,), (1,), (1,))}, "latents is missing dimensions in profile 0"),
    ],
)
def test_a_profile_that_does_not_fit_ends_in_the_builders_words(
    compiler: RehearsalCompiler, request_: BuildRequest, profile: Mapping[str, ShapeRange], reason: str
) -> None:
    with pytest.raises(PlanBuildError, match=rf"^vae_decoder\.onnx: TensorRT built no plan: .*{reason}"):
        compiler.build(replace(request_, profiles=[profile]), Silence())


def test_a_file_that_is_no_graph_is_refused(
    compiler: RehearsalCompiler, request_: BuildRequest, tmp_path: Path
) -> None:
    broken = tmp_path / "vae_decoder.onnx"
    broken.write_bytes(b"not a graph")
    with pytest.raises(PlanBuildError, match=r"TensorRT does not take the graph: .*Failed to parse the ONNX model"):
        compiler.build(replace(request_, graph=broken), Silence())


def test_its_plans_are_written_with_manifests_and_not_built_again(
    compiler: RehearsalCompiler, planned: Planned, of_two_sizes: Preset, tmp_path: Path
) -> None:
    target = Target(compiler.version, "none", "8.9")
    graphs = graph_files(planned.graph("vae_decoder").parent, ("eva_clip", "vae_decoder"))
    plans = wanted_plans(of_two_sizes, graphs, tmp_path, BuildOptions())
    lines: list[str] = []

    def build(progress: Progress) -> None:
        store = TimingStore(tmp_path / "timings")
        build_plans(
            plans,
            target,
            compiler,
            timings=store,
            progress=lambda: contextlib.nullcontext(progress),
            report=lines.append,
        )

    build(Silence())
    host = Host(target.tensorrt, target.gpu, target.compute_capability)
    found = open_plan(tmp_path / "vae_decoder" / "1" / "model.plan", host)
    assert [profile["latents"].opt for profile in found.profiles] == [(2, 4, 16, 16), (2, 4, 16, 24)]
    lines.clear()
    build(Heard(going=False))
    assert lines == ["eva_clip: up to date", "vae_decoder: up to date"]


def test_the_package_is_looked_for_when_a_rehearsal_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt_rtx_bindings", None)
    with pytest.raises(PlanBuildError, match="TensorRT-RTX cannot be imported"):
        open_rehearsal("8.9")
