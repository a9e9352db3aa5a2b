"""The command line of the local stack."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console

from deploy.local import display
from deploy.local.ports import PortBusyError
from deploy.local.schema import SchemaUpgradeError
from deploy.local.settings import StackSettings
from deploy.local.stack import Stack, StartError
from deploy.local.supervisor import SupervisorError
from services.settings import SettingsError

app = typer.Typer(help="All services on this machine.", add_completion=False, no_args_is_help=True)
_NOT_READY = 3


@app.command()
def up() -> None:
    """Start Redis, Triton, worker and gateway, and wait until all are ready."""
    console = Console(stderr=True)
    with _sentences(console):
        stack = Stack.of(StackSettings.load())
        fresh = _up(stack, console)
        console.print(f"{'ready' if fresh else 'already up'}: the gateway is at {stack.settings.gateway_address}")


@app.command()
def down() -> None:
    """Stop all of them; no process is left."""
    console = Console(stderr=True)
    with _sentences(console):
        _down(Stack.of(StackSettings.load()), console)


@app.command()
def status() -> None:
    """What runs and what it lacks. Exit status 3 when not all are ready."""
    console = Console()
    with _sentences(console):
        stack = Stack.of(StackSettings.load())
        statuses = stack.status()
        if not statuses:
            console.print("down")
            raise typer.Exit(_NOT_READY)
        console.print(display.status_table(statuses, stack.overhead()))
        if any(one.lacks is not None for one in statuses):
            raise typer.Exit(_NOT_READY)


@app.command(context_settings={"ignore_unknown_options": True})
def run(command: Annotated[list[str], typer.Argument(help="after --, the command and its arguments")]) -> None:
    """Run a command against the stack, which is brought up for it and down after it unless it was up before."""
    console = Console(stderr=True)
    with _sentences(console):
        stack = Stack.of(StackSettings.load())
        was_up = stack.running()
        _up(stack, console)
        try:
            result = subprocess.run(  # noqa: S603 - the caller's own command
                command, env={**os.environ, **stack.settings.client_environment()}, check=False
            )
        finally:
            if not was_up:
                _down(stack, console)
        raise typer.Exit(result.returncode)


def _up(stack: Stack, console: Console) -> bool:
    with display.starting(console, stack.names) as report:
        return stack.up(report)


def _down(stack: Stack, console: Console) -> None:
    with console.status("stopping"):
        killed = stack.down()
    for process in killed:
        console.print(f"[yellow]process {process.pid} did not end in time and was killed")
    console.print("down")


@contextmanager
def _sentences(console: Console) -> Iterator[None]:
    """Expected faults end the command with one sentence instead of a traceback."""
    try:
        yield
    except StartError as error:
        display.failure(console, error)
        raise typer.Exit(1) from error
    except (SettingsError, PortBusyError, SchemaUpgradeError, SupervisorError) as error:
        console.print(f"[bold red]{error}", markup=True, highlight=False)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    sys.exit(app())
