"""`python -m bench.showcase "a message" "the next one" ...`: one conversation with a running stack, as a picture.

What was said and answered goes to the screen as Markdown, the pictures onto one sheet, each under its message: the
README's conversation is made so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import grpc.aio
import typer

from bench.chats import Gateway
from bench.quality.picture import Picture, decode
from export.training.sheet import Tile, save_sheet
from services.protos.wegen.v1 import chat_pb2


@dataclass(frozen=True, slots=True)
class Exchange:
    """A message, the words of its answer (a rewrite where there was one), and its picture if it has one."""

    message: str
    words: str
    picture: Picture | None

    @property
    def markdown(self) -> str:
        """Two lines of a list."""
        shown = "" if self.picture is None else " *(a picture)*"
        return f"- **{self.message}**\n  {self.words}{shown}"


async def converse(address: str, messages: Sequence[str], seed: int) -> list[Exchange]:
    """One conversation, message by message, each with the seed; `grpc.aio.AioRpcError` where the gateway refuses."""
    conversation, exchanges = "", []
    async with Gateway(address) as gateway:
        for message in messages:
            answer = await gateway.chat(
                message, conversation=conversation, settings=chat_pb2.ChatSettings(n=1, seed=seed)
            )
            conversation = answer.conversation
            images = answer.images
            picture = decode(await gateway.picture(images[0].object)) if images else None
            exchanges.append(Exchange(message, (answer.rewrite or answer.text).strip(), picture))
    return exchanges


def sheet(exchanges: Sequence[Exchange], path: Path) -> None:
    """The pictures, each over its message; nothing is written where there is none."""
    tiles = [Tile(one.message, one.picture) for one in exchanges if one.picture is not None]
    if tiles:
        save_sheet(tiles, path)


def main(
    messages: Annotated[list[str], typer.Argument(help="What to say, one after the other.")],
    *,
    server: Annotated[str, typer.Option(help="The gateway, host:port.")] = "127.0.0.1:50051",
    seed: Annotated[int, typer.Option(min=0, help="Of every message.")] = 0,
    out: Annotated[Path, typer.Option(help="The sheet.")] = Path("conversation.png"),
) -> None:
    """Hold a conversation with a running stack and keep it as a picture."""
    try:
        exchanges = asyncio.run(converse(server, messages, seed))
    except grpc.aio.AioRpcError as error:
        typer.echo(f"the gateway at {server}: {error.details()}", err=True)
        raise typer.Exit(1) from error
    typer.echo("\n".join(exchange.markdown for exchange in exchanges))
    sheet(exchanges, out)


if __name__ == "__main__":
    typer.run(main)
