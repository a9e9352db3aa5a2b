"""The benchmark's command line; the stack must be up (`make bench` sees to it)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench import machine, report
from deploy.local.settings import ROOT, StackSettings
from deploy.local.stack import Stack


def main(
    *,
    repeats: Annotated[int, typer.Option(min=1, help="Counted rounds; medians are over these.")] = 5,
    name: Annotated[str, typer.Option(help="The result is bench/results/NAME.json.")] = "latest",
) -> None:
    """The stack beside plain PyTorch, in one run: a table and JSON."""
    console = Console()
    settings = StackSettings.load()
    if not Stack.of(settings).running():
        console.print("[bold red]the stack is down: run `make bench`, or `make up` first")
        raise typer.Exit(1)
    description = machine.describe()
    # Not before: torch takes seconds and half a gigabyte.
    from bench.run import Run  # noqa: PLC0415

    with console.status("opening the networks") as status:
        run = Run(settings, Path(settings.client_environment()["WEGEN_MODEL_REPOSITORY"]))
        asyncio.run(run.measure(repeats, status.update))
    rows, targets = run.rows(), run.targets()
    report.show(console, description, rows, targets)
    path = ROOT / "bench/results" / f"{name}.json"
    report.write(path, report.as_json(description, rows, targets))
    console.print(f"written to {path.relative_to(ROOT)}")


if __name__ == "__main__":
    typer.run(main)
