"""`python -m export.tensorrt.rehearsal`: does NVIDIA's builder take these graphs, on a machine without a GPU?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from rich.console import Console

from export import presets
from export.tensorrt.build import graph_files, wanted_plans
from export.tensorrt.command import MODELS, Graphs, stop
from export.tensorrt.options import BuildOptions
from export.tensorrt.plan import WantedPlan
from export.tensorrt.problem import PlanBuildError
from export.tensorrt.profile import ENGINES
from export.tensorrt.progress import TerminalProgress
from export.tensorrt.rehearsal.compiler import RehearsalCompiler, open_rehearsal
from export.tensorrt.toolkit import BuildRequest

app = typer.Typer(add_completion=False, help="Hold typed graphs against NVIDIA's builder, without a GPU.")


@app.command()
def rehearse(
    *,
    graphs: Graphs,
    preset: Annotated[str, typer.Option(help=f"One of {', '.join(presets.names())}.")] = "wegen-7b",
    engine: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(ENGINES)} (default: all).")] = None,
    capability: Annotated[str, typer.Option(help="The compute capability that is built for.")] = "8.9",
) -> None:
    """Build each graph with the profiles its plan would have, and name every one that is refused."""
    console = Console()
    try:
        plans = wanted_plans(presets.load(preset), graph_files(graphs, engine or ENGINES), MODELS, BuildOptions())
        compiler = open_rehearsal(capability)
    except (PlanBuildError, ValueError) as error:  # an unknown preset is a ValueError
        stop(error)
    console.print(f"TensorRT-RTX {compiler.version}, for compute capability {capability}")
    refused = list(_refusals(plans, compiler, console))
    if refused:
        stop(PlanBuildError("\n".join(refused)))


def _refusals(plans: Sequence[WantedPlan], compiler: RehearsalCompiler, console: Console) -> Iterator[str]:
    """A sentence for each graph that the builder does not take; the others are told as taken."""
    for plan in plans:
        request = BuildRequest(plan.graph.path, plan.profiles, plan.options, b"")
        try:
            with TerminalProgress(console) as bars:
                compiler.build(request, bars)
        except PlanBuildError as error:
            yield str(error)
        else:
            console.print(f"{plan.engine}: taken, {len(plan.profiles)} profile(s), {plan.graph.facts.precision}")
