"""`wegen images`: an order of pictures that outlives this program."""

from __future__ import annotations

import uuid
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.client.delivery import save, seen_through
from services.client.failure import reported
from services.client.gateway import Gateway
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
from services.protos.wegen.v1 import chat_pb2, job_pb2


class Priority(StrEnum):
    """Who waits for the pictures."""

    INTERACTIVE = "interactive"
    BATCH = "batch"


_PRIORITIES = {
    Priority.INTERACTIVE: job_pb2.PRIORITY_INTERACTIVE,
    Priority.BATCH: job_pb2.PRIORITY_BATCH,
}


def images(
    prompt: Annotated[str, typer.Argument(help="What the pictures show.")],
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
    priority: Annotated[Priority, typer.Option(help="batch waits while interactive ones do.")] = Priority.INTERACTIVE,
    key: Annotated[str, typer.Option(help="Makes repetition harmless: the same order with it is the same one.")] = "",
    webhook: Annotated[str, typer.Option(help="An https address that is told of the end.")] = "",
    detach: Annotated[bool, typer.Option("--detach", help="Print the operation's name and leave.")] = False,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for the pictures.")] = 3600,
) -> None:
    """Order pictures, follow them to their end and save them; Ctrl-C leaves, the order goes on."""
    with reported(), Gateway(server) as gateway:
        wanted = picture_size(size)
        names = [gateway.upload(path) for path in reference or ()]
        parts = [chat_pb2.Part(image=chat_pb2.ImageReference(object=name)) for name in names]
        request = job_pb2.GenerateImagesRequest(
            content=[*parts, chat_pb2.Part(text=prompt)],
            settings=chat_settings(n=n, seed=seed, steps=steps, guidance=guidance, no_rewrite=no_rewrite),
            size=job_pb2.ImageSize(width=wanted.width, height=wanted.height) if wanted else None,
            priority=_PRIORITIES[priority],
            request_id=key or str(uuid.uuid4()),
            webhook=job_pb2.Webhook(uri=webhook) if webhook else None,
        )
        name = gateway.orders.place(request).name
        if detach:
            typer.echo(name)
            return
        console = Console()
        ended = seen_through(gateway, name, console, seconds=timeout)
        save(gateway, ended, out, prompt, console)
