"""The `wegen` command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.client.conversation import converse
from services.client.failure import reported
from services.client.gateway import Gateway
from services.client.images_command import images
from services.client.operations_command import operations
from services.client.options import (
    SERVER,
    Count,
    Guidance,
    NoRewrite,
    References,
    Seed,
    Server,
    Size,
    Steps,
    chat_settings,
    picture_size,
)
from services.client.talk import Preferences, Talk
from services.client.trace import tracing

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def wegen() -> None:
    """Chat with WeGen, and order pictures from it: text and pictures in, text and pictures out."""


@app.command()
def chat(
    message: Annotated[str | None, typer.Argument(help="What to show or answer; without it, a conversation.")] = None,
    *,
    n: Count = None,
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("pictures"),
    server: Server = SERVER,
    seed: Seed = None,
    steps: Steps = None,
    guidance: Guidance = None,
    size: Size = None,
    no_rewrite: NoRewrite = False,
    reference: References = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for a whole answer.")] = 600,
    trace: Annotated[
        str, typer.Option(envvar="WEGEN_TRACES_ENDPOINT", help="A collector's base URL (OTLP over HTTP): keep a trace.")
    ] = "",
) -> None:
    """Send one message and save the pictures, or hold a conversation."""
    with reported():
        settings = chat_settings(n=n, seed=seed, steps=steps, guidance=guidance, no_rewrite=no_rewrite)
        preferences = Preferences(settings, out, timeout, picture_size(size))
        with tracing(trace) as tracer, Gateway(server) as gateway:
            talk = Talk(gateway, preferences, Console(), tracer=tracer)
            references = [gateway.upload(path) for path in reference or ()]
            if message is None:
                converse(talk, references, lambda: talk.console.input("> "))
            else:
                talk.say(message, references)


app.command()(images)
app.add_typer(operations, name="operations")


if __name__ == "__main__":
    app()
