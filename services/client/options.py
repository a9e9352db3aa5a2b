"""What several commands ask for in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from services import size
from services.client.failure import ClientError
from services.protos.wegen.v1 import chat_pb2

Server = Annotated[str, typer.Option(envvar="WEGEN_GATEWAY_ADDRESS", help="The gateway, host:port.")]
Count = Annotated[int | None, typer.Option("-n", help="Pictures wanted, 1 to 8.")]
Seed = Annotated[int | None, typer.Option(min=0, max=2**63 - 1, help="Same seed, same picture.")]
Steps = Annotated[int | None, typer.Option(help="Denoising steps, 1 to 100.")]
Guidance = Annotated[float | None, typer.Option(help="Guidance scale, 0 to 30.")]
Size = Annotated[str | None, typer.Option(help="WIDTHxHEIGHT, one of the model's; its own if left out.")]
NoRewrite = Annotated[bool, typer.Option("--no-rewrite", help="Take the message as it is.")]
References = Annotated[list[Path] | None, typer.Option(help="A picture to refer to; may be repeated.")]

SERVER = "127.0.0.1:50051"


def chat_settings(
    *, n: int | None, seed: int | None, steps: int | None, guidance: float | None, no_rewrite: bool
) -> chat_pb2.ChatSettings:
    """Only what was said; the gateway knows the rest, and the limits. ClientError: what the wire cannot carry."""
    for name, value in (("-n", n), ("--steps", steps)):
        if value is not None and not 0 <= value < 2**32:
            raise ClientError(f"{name}: {value} is out of range")
    rewrite = chat_pb2.REWRITE_OFF if no_rewrite else chat_pb2.REWRITE_AUTO
    return chat_pb2.ChatSettings(n=n, seed=seed, steps=steps, guidance=guidance, rewrite=rewrite)


def picture_size(text: str | None) -> size.Size | None:
    """What `--size` says; the gateway knows which sizes there are. ClientError."""
    if text is None:
        return None
    try:
        return size.Size.parse(text)
    except ValueError as error:
        raise ClientError(f"--size: {error}") from error
