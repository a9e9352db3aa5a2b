"""What a caller wants, checked and complete: the gateway's own words for a `ChatRequest`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Task(StrEnum):
    """What a message is about."""

    AUTO = "auto"
    GENERATE = "generate"
    CHAT = "chat"


class Rewrite(StrEnum):
    """Whether a wish is rewritten first."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A picture by its object name, standing where it is meant."""

    object: str


Piece = str | ImageRef
Content = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """One message with everything the caller left out filled in, save what depends on the way it is answered.

    `top_p`, `temperature` and `max_tokens` stay None where the caller left them out.
    """

    conversation_id: str
    content: Content
    task: Task
    rewrite: Rewrite
    n: int
    seed: int
    steps: int
    guidance: float
    top_p: float | None
    temperature: float | None
    feature_guidance: float
    max_tokens: int | None
    preview_every: int

    @property
    def text(self) -> str:
        """All text pieces, joined by single spaces, without references."""
        return " ".join(" ".join(piece for piece in self.content if isinstance(piece, str)).split())

    @property
    def references(self) -> tuple[str, ...]:
        """Object names of the references, in order, repetitions included."""
        return tuple(piece.object for piece in self.content if isinstance(piece, ImageRef))
