"""Messages and their replies: what is said to a model, and what it says and shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.quality.picture import Picture
from bench.quality.subjects.strategy import Strategy
from services.errors import InternalError
from services.gateway.wish import Task

Content = Sequence[str | Picture]
"""Words, and pictures where they are meant."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Words, the rewrite a picture was painted from, and the picture; empty or None where there was none.

    `memory` is the conversation so far, as the subject that replied keeps it.
    """

    text: str = ""
    rewrite: str = ""
    picture: Picture | None = None
    memory: object = None


@dataclass(frozen=True, slots=True)
class Message:
    """What is said, and in what conversation: `after` is the reply it follows, None begins a new one.

    `strategy` None leaves rewriting to the gateway's own rules; `seed` rules sampling and noise.
    """

    content: Content
    seed: int = 0
    task: Task = Task.AUTO
    strategy: Strategy | None = None
    after: Reply | None = None

    @property
    def words(self) -> str:
        """What it says without its pictures."""
        return " ".join(piece for piece in self.content if isinstance(piece, str))


def wish(words: str, strategy: Strategy, seed: int) -> Message:
    """A picture of `words`, rewritten as `strategy` says."""
    return Message((words,), seed, Task.GENERATE, strategy)


def order(content: Content, seed: int) -> Message:
    """A picture in answer to words and references: an edit, or subjects in a new place."""
    return Message(content, seed, Task.GENERATE)


def question(content: Content) -> Message:
    """Something to be answered in words."""
    return Message(content, task=Task.CHAT)


def picture_in(reply: Reply, message: Message) -> Picture:
    """The picture of a reply that had to have one; InternalError, which names the message, where it has none."""
    if reply.picture is None:
        raise InternalError(f"the answer to {message.words!r} held no picture")
    return reply.picture
