"""The `wegen` command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.client.conversation import converse
from services.client.failure import ClientError
from services.client.gateway import Gateway
from services.client.talk import Preferences, Talk
from services.client.trace import tracing
from services.protos.wegen.v1 import chat_pb2

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

INTERRUPTED = 130


@app.callback()
def wegen() -> None:
    """Chat with WeGen: text and pictures in, text and pictures out."""


@app.command()
def chat(
    message: Annotated[str | None, typer.Argument(help="What to show or answer; without it, a conversation.")] = None,
    *,
    n: Annotated[int | None, typer.Option("-n", help="Pictures wanted, 1 to 8.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("pictures"),
    server: Annotated[
        str, typer.Option(envvar="WEGEN_GATEWAY_ADDRESS", help="The gateway, host:port.")
    ] = "127.0.0.1:50051",
    seed: Annotated[int | None, typer.Option(min=0, max=2**63 - 1, help="Same seed, same picture.")] = None,
    steps: Annotated[int | None, typer.Option(help="Denoising steps, 1 to 100.")] = None,
    guidance: Annotated[float | None, typer.Option(help="Guidance scale, 0 to 30.")] = None,
    no_rewrite: Annotated[bool, typer.Option("--no-rewrite", help="Take the message as it is.")] = False,
    reference: Annotated[list[Path] | None, typer.Option(help="A picture to refer to; may be repeated.")] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for a whole answer.")] = 600,
    trace: Annotated[
        str, typer.Option(envvar="WEGEN_TRACES_ENDPOINT", help="A collector's base URL (OTLP over HTTP): keep a trace.")
    ] = "",
) -> None:
    """Send one message and save the pictures, or hold a conversation."""
    rewrite = chat_pb2.REWRITE_OFF if no_rewrite else chat_pb2.REWRITE_AUTO
    try:
        settings = _settings(n=n, seed=seed, steps=steps, guidance=guidance, rewrite=rewrite)
        with tracing(trace) as tracer, Gateway(server) as gateway:
            talk = Talk(gateway, Preferences(settings, out, timeout), Console(), tracer=tracer)
            references = [gateway.upload(path) for path in reference or ()]
            if message is None:
                converse(talk, references, lambda: talk.console.input("> "))
            else:
                talk.say(message, references)
    except ClientError as error:
        typer.echo(f"wegen: {error}", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        typer.echo("wegen: cancelled", err=True)
        raise typer.Exit(INTERRUPTED) from error


def _settings(
    *,
    n: int | None,
    seed: int | None,
    steps: int | None,
    guidance: float | None,
    rewrite: chat_pb2.Rewrite.ValueType,
) -> chat_pb2.ChatSettings:
    """Only what was said; the gateway knows the rest, and the limits."""
    for name, value in (("-n", n), ("--steps", steps)):
        # What the wire cannot carry; everything else is the gateway's to judge.
        if value is not None and not 0 <= value < 2**32:
            raise ClientError(f"{name}: {value} is out of range")
    return chat_pb2.ChatSettings(n=n, seed=seed, steps=steps, guidance=guidance, rewrite=rewrite)


if __name__ == "__main__":
    app()
