"""`wegen operations`: what became of orders."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer
from google.longrunning.operations_pb2 import Operation
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console

from services.client.delivery import made, metadata, require_pictures, save, seen_through
from services.client.failure import ClientError, reported
from services.client.following import follow
from services.client.gateway import Gateway
from services.client.options import SERVER, Server
from services.client.orders import full_name
from services.client.progress import STATES, fate
from services.protos.wegen.v1 import job_pb2

operations = typer.Typer(no_args_is_help=True, help="List, follow, stop and forget orders of pictures.")

Name = Annotated[str, typer.Argument(help="operations/... or the digits behind it.")]
Names = Annotated[list[str], typer.Argument(help="operations/... or the digits behind it; one or more.")]


@operations.command("list")
def list_(
    *,
    running: Annotated[bool, typer.Option("--running", help="Only those that have not ended.")] = False,
    done: Annotated[bool, typer.Option("--done", help="Only those that have ended.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 50,
    server: Server = SERVER,
) -> None:
    """One line for each operation, the newest first: name, state, pictures made and ordered, time of the order."""
    with reported(), Gateway(server) as gateway:
        if running and done:
            raise ClientError("--running and --done exclude each other")
        for operation in gateway.orders.newest(limit, done=done if running or done else None):
            typer.echo(_line(operation))


@operations.command()
def get(name: Name, *, server: Server = SERVER) -> None:
    """Everything about one operation now."""
    with reported(), Gateway(server) as gateway:
        _tell(gateway.orders.get(name))


@operations.command()
def wait(
    name: Name,
    *,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds.")] = 3600,
    server: Server = SERVER,
) -> None:
    """Say nothing until the end, then everything, and fail if there is no picture."""
    with reported(), Gateway(server) as gateway:
        ended = follow(gateway.orders, full_name(name), lambda _event: None, seconds=timeout)
        _tell(ended)
        require_pictures(ended)


@operations.command()
def watch(
    name: Name,
    *,
    out: Annotated[Path | None, typer.Option(help="Folder for the pictures; without it they are not fetched.")] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds.")] = 3600,
    server: Server = SERVER,
) -> None:
    """Follow an operation to its end; Ctrl-C leaves, the operation goes on."""
    with reported(), Gateway(server) as gateway:
        console = Console()
        ended = seen_through(gateway, full_name(name), console, seconds=timeout)
        if out:
            save(gateway, ended, out, ended.name.removeprefix("operations/")[:8], console)
        else:
            _tell(ended)


@operations.command()
def cancel(names: Names, *, server: Server = SERVER) -> None:
    """Stop operations: what runs ends before its next step."""
    with reported(), Gateway(server) as gateway:
        for name in names:
            gateway.orders.cancel(name)
            typer.echo(_line(gateway.orders.get(name)))


@operations.command()
def delete(names: Names, *, server: Server = SERVER) -> None:
    """Forget operations that have ended; their pictures stay until the store's rules remove them."""
    with reported(), Gateway(server) as gateway:
        for name in names:
            gateway.orders.delete(name)
            typer.echo(f"{full_name(name)} is forgotten")


def _line(operation: Operation) -> str:
    about = metadata(operation)
    ready = sum(image.state == job_pb2.JOB_STATE_SUCCEEDED for image in about.images)
    state = STATES.get(about.state, "unknown")
    return f"{operation.name}  {state:<10}  {ready}/{about.image_count}  {_time(about.create_time)}"


def _tell(operation: Operation) -> None:
    about = metadata(operation)
    pictures = {picture.index: picture for picture in made(operation)}
    typer.echo(_line(operation))
    if about.HasField("queue_position"):
        typer.echo(f"{about.queue_position} before it")
    for image in about.images:
        place = f", {image.queue_position} before it" if image.HasField("queue_position") else ""
        typer.echo(f"picture {image.index + 1}: {fate(image)}, step {image.step} of {image.steps}{place}")
        if image.index in pictures:
            picture = pictures[image.index]
            typer.echo(f"  {picture.object}, seed {picture.seed}\n  {picture.url}")
    for word, at in (("begun", about.start_time), ("ended", about.end_time)):
        if at.seconds:
            typer.echo(f"{word} {_time(at)}")


def _time(at: Timestamp) -> str:
    return at.ToDatetime(tzinfo=UTC).astimezone().isoformat(sep=" ", timespec="seconds")
