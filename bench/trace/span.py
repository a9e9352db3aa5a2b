"""A span as a collector gets it."""

from __future__ import annotations

from dataclasses import dataclass

Value = str | bool | int | float


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at `at`, in nanoseconds since 1970."""

    name: str
    at: int
    attributes: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Span:
    """Ids in hexadecimal, `parent` empty for a root, times in nanoseconds since 1970; `error` is its error.type."""

    trace: str
    id: str
    parent: str
    service: str
    name: str
    kind: str
    start: int
    end: int
    attributes: dict[str, Value]
    events: tuple[Event, ...]
    links: tuple[str, ...]
    failed: bool

    @property
    def label(self) -> str:
        """Its name, with the model it asks or the kind of object it handles."""
        model = self.attributes.get("wegen.model")
        kind = self.attributes.get("wegen.object.kind")
        return f"{self.name.rpartition('/')[2]} {model}" if model else f"{self.name} {kind}" if kind else self.name
