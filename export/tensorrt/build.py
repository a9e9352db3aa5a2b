"""Building plans one after the other; what is built already stays."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from export.presets import Preset
from export.tensorrt.graph import read_graph
from export.tensorrt.options import BuildOptions
from export.tensorrt.plan import Target, WantedPlan, write_plan
from export.tensorrt.problem import PlanBuildError, PreflightError
from export.tensorrt.profile import profiles
from export.tensorrt.timing import TimingStore
from export.tensorrt.toolkit import BuildRequest, Compiler, Progress

Report = Callable[[str], None]
PLAN = Path("1") / "model.plan"


def wanted_plans(
    preset: Preset, graphs: Path, repository: Path, names: Sequence[str], options: BuildOptions
) -> list[WantedPlan]:
    """A plan for each engine in `names`, from `graphs`/NAME.onnx; PreflightError lists every graph that is none."""
    plans: list[WantedPlan] = []
    problems: list[str] = []
    for name in names:
        try:
            plans.append(_wanted(preset, name, graphs / f"{name}.onnx", repository / name / PLAN, options))
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


def _wanted(preset: Preset, name: str, graph: Path, plan: Path, options: BuildOptions) -> WantedPlan:
    found = read_graph(name, graph)
    if found.facts.preset != preset.name:
        raise PlanBuildError(f"{graph} is of the preset {found.facts.preset}, not {preset.name}")
    return WantedPlan(found, profiles(found, preset), options, plan)
