"""`python -m export.tensorrt`: plans from graphs, for the GPU of this machine."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from export import presets
from export.tensorrt.build import build_plans, wanted_plans
from export.tensorrt.compiler import open_compiler
from export.tensorrt.machine import LocalProbe
from export.tensorrt.options import BuildOptions, Hardware
from export.tensorrt.preflight import check, look
from export.tensorrt.problem import PlanBuildError
from export.tensorrt.profile import ENGINES
from export.tensorrt.progress import TerminalProgress
from export.tensorrt.table import plan_table
from export.tensorrt.timing import TimingStore

app = typer.Typer(add_completion=False, help="Build TensorRT plans from typed graphs.")

Graphs = Annotated[Path, typer.Option(help="Folder of NAME.onnx, as `python -m export graphs` writes it.")]
Workspace = Annotated[float, typer.Option("--workspace-gib", help="Most scratch memory of one kernel.")]
ForHardware = Annotated[Hardware, typer.Option("--hardware", help="GPUs the plans run on: wider is slower.")]
Compatible = Annotated[bool, typer.Option("--version-compatible", help="Run on later TensorRT versions too.")]


@app.command()
def build(
    *,
    graphs: Graphs,
    preset: Annotated[str, typer.Option(help=f"One of {', '.join(presets.names())}.")] = "wegen-7b",
    repository: Annotated[Path, typer.Option(help="Triton's model repository.")] = Path("model_repository"),
    engine: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(ENGINES)} (default: all).")] = None,
    workspace_gib: Workspace = 8.0,
    hardware: ForHardware = Hardware.SAME_GPU,
    version_compatible: Compatible = False,
    level: Annotated[int, typer.Option(help="TensorRT's optimisation level, 0 to 5.")] = 3,
    timings: Annotated[Path, typer.Option(help="Folder of timing caches.")] = Path(".cache/tensorrt"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and show the table, build nothing.")] = False,
) -> None:
    """Check everything, show what will be built, then build what is not built yet."""
    console, probe = Console(), LocalProbe()
    try:
        options = BuildOptions(workspace_gib, hardware, version_compatible, level)
        plans = wanted_plans(presets.load(preset), graphs, repository, engine or ENGINES, options)
        machine = look(probe)
        console.print(plan_table(plans, machine.target))
        missing = [plan for plan in plans if not plan.is_built(machine.target)]
        check(machine, missing, probe)
        if dry_run or not missing:
            return
        store, compiler = TimingStore(timings), open_compiler()
        target, report = machine.target, console.print
        build_plans(plans, target, compiler, timings=store, progress=lambda: _bars(console), report=report)
    except (PlanBuildError, ValueError) as error:  # an unknown preset is a ValueError, so are wrong options
        _stop(error)


@contextmanager
def _bars(console: Console) -> Iterator[TerminalProgress]:
    """Bars, and Ctrl-C as a request to TensorRT, whose threads would not notice an exception."""
    with TerminalProgress(console) as bars:
        before = signal.signal(signal.SIGINT, lambda *_: bars.stop())
        try:
            yield bars
        finally:
            signal.signal(signal.SIGINT, before)


def _stop(error: Exception) -> None:
    """A sentence for each problem and status 2, no traceback."""
    for line in str(error).splitlines():
        typer.echo(f"error: {line}", err=True)
    raise typer.Exit(2)
