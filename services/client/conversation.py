"""`wegen chat` without a message: a conversation at the terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from services.client.failure import ClientError
from services.client.talk import Talk

WELCOME = "Say what you want to see. /image PATH attaches a picture, /new begins again, /quit or Ctrl-D leaves."


def converse(talk: Talk, references: list[str], read: Callable[[], str]) -> None:
    """Read lines by `read` until /quit or the end of input; a failed message does not end the conversation."""
    talk.console.print(WELCOME, markup=False)
    attached = references
    while True:
        try:
            line = read().strip()
        except EOFError:
            return
        if line == "/quit":
            return
        try:
            attached = _obey(talk, line, attached)
        except ClientError as error:
            talk.console.print(f"error: {error}", markup=False, highlight=False, soft_wrap=True)
        except KeyboardInterrupt:
            talk.console.print("cancelled", markup=False)


def _obey(talk: Talk, line: str, attached: list[str]) -> list[str]:
    """Do what `line` says; the references that wait for the next message."""
    command, _, argument = line.partition(" ")
    if not line:
        return attached
    if command == "/new":
        talk.conversation = ""
        return []
    if command == "/image":
        name = talk.gateway.upload(Path(argument.strip()).expanduser())
        talk.console.print("attached to your next message", markup=False)
        return [*attached, name]
    if command.startswith("/"):
        raise ClientError(f"{command} is unknown: there are /image PATH, /new and /quit")
    talk.say(line, attached)
    return []
