"""What a caller wants, checked and complete: the gateway's own words for a `ChatRequest`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from services.size import Size


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


@dataclass(frozen=True, slots=True)
class Box:
    """A place: corners as shares of a picture's width and height, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Instance:
    """A thing to be shown: its phrase, and its box, its picture or both."""

    phrase: str
    box: Box | None = None
    image: ImageRef | None = None


Content = tuple[str | ImageRef | Instance, ...]


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
    size: Size

    @property
    def text(self) -> str:
        """All words, phrases included, joined by single spaces, without references."""
        return " ".join(" ".join(map(_words, self.content)).split())

    @property
    def references(self) -> tuple[str, ...]:
        """Object names of the references, in order, repetitions included."""
        shown = (piece.image if isinstance(piece, Instance) else piece for piece in self.content)
        return tuple(piece.object for piece in shown if isinstance(piece, ImageRef))

    @property
    def instances(self) -> tuple[Instance, ...]:
        """The things to be shown, in order."""
        return tuple(piece for piece in self.content if isinstance(piece, Instance))


def _words(piece: str | ImageRef | Instance) -> str:
    match piece:
        case str():
            return piece
        case Instance():
            return piece.phrase
        case ImageRef():
            return ""
