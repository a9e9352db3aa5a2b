"""What the operator sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.local.stack import READY, ProgramStatus, Report, StartError

_MIB = 1024 * 1024


@contextmanager
def starting(console: Console, names: tuple[str, ...]) -> Iterator[Report]:
    """One line for each program, turning green when it is ready."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[name]:<8}"),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console) as progress:
        tasks = {name: progress.add_task("starting", name=name, total=1) for name in names}

        def report(name: str, lacks: str) -> None:
            ready = lacks == READY
            text = f"[green]{READY}" if ready else f"[dim]{escape(lacks[:100])}"
            progress.update(tasks[name], description=text, completed=int(ready))

        yield report


def failure(console: Console, error: StartError) -> None:
    """Which program failed, and the last lines of its log."""
    console.print(f"[bold red]{escape(str(error))}")
    for line in error.log:
        console.print(f"  {escape(line)}", style="dim", soft_wrap=True)


def status_table(statuses: list[ProgramStatus], overhead: int) -> Table:
    """Programs, their state, memory and what they lack; `overhead` is what the supervisor takes."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column, justify in (("service", "left"), ("state", "left"), ("process", "right"), ("up", "right")):
        table.add_column(column, justify="right" if justify == "right" else "left")
    table.add_column("memory", justify="right")
    table.add_column("")
    for status in statuses:
        table.add_row(
            status.name,
            status.state.lower(),
            str(status.pid or ""),
            str(timedelta(seconds=status.seconds)),
            f"{status.memory / _MIB:.0f} MiB",
            f"[green]{READY}" if status.lacks is None else f"[red]{escape(status.lacks)}",
        )
    table.add_row("supervisor", "", "", "", f"{overhead / _MIB:.0f} MiB", "")
    total = overhead + sum(status.memory for status in statuses)
    table.add_row("all", "", "", "", f"{total / _MIB:.0f} MiB", "")
    return table
