"""A chat through a running stack, drawn as the waterfall of its spans; docs/trace.png is made so.

    WEGEN_TRACES_ENDPOINT=http://127.0.0.1:4318 WEGEN_WORKER_THREADS=1 \
        python -m deploy.local run -- python -m bench.trace

The collector is this program: the stack must have been started with its address. One worker thread lets the second
picture wait.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console

from bench.trace.capture import captured
from bench.trace.chart import draw
from bench.trace.collector import Collector
from services.client.failure import ClientError
from services.protos.wegen.v1 import chat_pb2


def main(
    message: Annotated[str, typer.Argument(help="What to ask for.")] = "a red circle on a blue background",
    *,
    endpoint: Annotated[
        str, typer.Option(envvar="WEGEN_TRACES_ENDPOINT", help="Where the stack sends its traces: here.")
    ] = "http://127.0.0.1:4318",
    server: Annotated[str, typer.Option(envvar="WEGEN_GATEWAY_ADDRESS", help="host:port")] = "127.0.0.1:50051",
    n: Annotated[int, typer.Option("-n", help="Pictures.")] = 2,
    seed: Annotated[int, typer.Option(help="Of the message.")] = 3,
    tries: Annotated[int, typer.Option(min=2, help="Chats until Triton has told of each of its calls.")] = 20,
    out: Annotated[Path, typer.Option(help="The picture; its spans go beside it as JSON with --spans.")] = Path(
        "docs/trace.png"
    ),
    spans: Annotated[bool, typer.Option("--spans", help="Keep the spans too.")] = False,
) -> None:
    """Draw one chat."""
    console = Console()
    settings = chat_pb2.ChatSettings(n=n, seed=seed)
    with Collector(urlsplit(endpoint).port or 4318) as collector:
        try:
            # The first one is slower: connections are made.
            captured(collector, server, message, settings, console)
            for _ in range(tries - 1):
                found = captured(collector, server, message, settings, console)
                if found.whole:
                    break
        except (ClientError, TimeoutError) as error:
            console.print(f"[bold red]{error}")
            raise typer.Exit(1) from error
    draw(found.spans, f"One chat, “{message}”, n = {n}: {len(found.spans)} spans of one trace", out)
    if spans:
        out.with_suffix(".json").write_text(json.dumps([asdict(span) for span in found.spans], indent=1) + "\n")
    console.print(f"{len(found.spans)} spans, drawn in {out}")


if __name__ == "__main__":
    typer.run(main)
