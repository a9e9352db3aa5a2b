"""`python -m export.tensorrt`: plans from graphs, for the GPU of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from export import presets
from export.tensorrt.build import graph_files, wanted_plans
from export.tensorrt.compiler import open_compiler
from export.tensorrt.machine import LocalProbe
from export.tensorrt.options import BuildOptions, Hardware
from export.tensorrt.preflight import look
from export.tensorrt.problem import PlanBuildError
from export.tensorrt.profile import ENGINES
from export.tensorrt.session import Session
from export.tensorrt.timing import TimingStore

app = typer.Typer(add_completion=False, help="Build TensorRT plans from typed graphs.")

Graphs = Annotated[Path, typer.Option(help="Folder of NAME.onnx, as `python -m export graphs` writes it.")]
Workspace = Annotated[float, typer.Option("--workspace-gib", help="Most scratch memory of one kernel.")]
ForHardware = Annotated[Hardware, typer.Option("--hardware", help="GPUs the plans run on: wider is slower.")]
Compatible = Annotated[bool, typer.Option("--version-compatible", help="Run on later TensorRT versions too.")]
Level = Annotated[int, typer.Option(help="TensorRT's optimisation level, 0 to 5.")]
Timings = Annotated[Path, typer.Option(help="Folder of timing caches.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check and show the table, build nothing.")]
Repository = Annotated[Path, typer.Option(help="Triton's model repository.")]

MODELS, MEASURED = Path("model_repository"), Path(".cache/tensorrt")


@app.command()
def build(
    *,
    graphs: Graphs,
    preset: Annotated[str, typer.Option(help=f"One of {', '.join(presets.names())}.")] = "wegen-7b",
    repository: Repository = MODELS,
    engine: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(ENGINES)} (default: all).")] = None,
    workspace_gib: Workspace = 8.0,
    hardware: ForHardware = Hardware.SAME_GPU,
    version_compatible: Compatible = False,
    level: Level = 3,
    timings: Timings = MEASURED,
    dry_run: DryRun = False,
) -> None:
    """Check everything, show what will be built, then build what is not built yet."""
    probe = LocalProbe()
    try:
        options = BuildOptions(workspace_gib, hardware, version_compatible, level)
        plans = wanted_plans(presets.load(preset), graph_files(graphs, engine or ENGINES), repository, options)
        session = Session(look(probe), probe, open_compiler, TimingStore(timings), Console())
        if session.missing(plans) and not dry_run:
            session.build(plans)
    except (PlanBuildError, ValueError) as error:  # an unknown preset is a ValueError, so are wrong options
        stop(error)


def stop(error: Exception) -> NoReturn:
    """A sentence for each problem and status 2, no traceback."""
    for line in str(error).splitlines():
        typer.echo(f"error: {line}", err=True)
    raise typer.Exit(2)
