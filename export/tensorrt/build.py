"""Building plans one after the other; what is built already stays."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from export.presets import Preset
from export.tensorrt.graph import GraphFile, read_graph
from export.tensorrt.options import BuildOptions
from export.tensorrt.plan import Target, WantedPlan, write_plan
from export.tensorrt.problem import PlanBuildError, PreflightError
from export.tensorrt.profile import profiles
from export.tensorrt.timing import TimingStore
from export.tensorrt.toolkit import BuildRequest, Compiler, Progress

Report = Callable[[str], None]
PLAN = Path("1") / "model.plan"


def graph_files(folder: Path, names: Sequence[str]) -> dict[str, Path]:
    """NAME.onnx of each engine in `names`."""
    return {name: folder / f"{name}.onnx" for name in names}


def wanted_plans(
    preset: Preset, graphs: Mapping[str, Path], repository: Path, options: BuildOptions
) -> list[WantedPlan]:
    """A plan for each engine of `graphs`, which has its graph; PreflightError lists every graph that is none."""
    plans: list[WantedPlan] = []
    problems: list[str] = []
    for name, path in graphs.items():
        try:
            graph = read_graph_of(preset, name, path)
            plans.append(WantedPlan(graph, profiles(graph, preset), options, repository / name / PLAN))
        except PlanBuildError as error:
            problems.append(str(error))
    if problems:
        raise PreflightError(problems)
    return plans


def build_plans(
    plans: Sequence[WantedPlan],
    target: Target,
    compiler: Compiler,
    *,
    timings: TimingStore,
    progress: Callable[[], AbstractContextManager[Progress]],
    report: Report,
) -> None:
    """Build what is not built; PlanBuildError stops at the first that fails, and a next call goes on from there."""
    for plan in plans:
        if plan.is_built(target):
            report(f"{plan.engine}: up to date")
            continue
        request = BuildRequest(plan.graph.path, plan.profiles, plan.options, timings.read(target))
        with progress() as bars:
            built = compiler.build(request, bars)
        timings.write(target, built.timings)
        content = memoryview(built.plan).cast("B")
        write_plan(plan, target, content, hashlib.sha256(content).hexdigest())
        report(f"{plan.engine}: {content.nbytes / 2**30:.2f} GiB")


def read_graph_of(preset: Preset, name: str, path: Path) -> GraphFile:
    """As `read_graph`; PlanBuildError if it is another preset's."""
    found = read_graph(name, path)
    if found.facts.preset != preset.name:
        raise PlanBuildError(f"{path} is of the preset {found.facts.preset}, not {preset.name}")
    return found
