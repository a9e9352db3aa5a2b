"""The order in which spans are shown: every span under its parent, the earlier first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.trace.span import Span

# Triton's spans of the time in which a model's own code runs; they are drawn inside the model's.
INNER = "compute"


@dataclass(frozen=True, slots=True)
class Row:
    """A span, how deep it lies, and those that are drawn inside it."""

    span: Span
    depth: int
    inner: tuple[Span, ...]


def rows(spans: Sequence[Span]) -> list[Row]:
    """The whole trace; a span whose parent is not there counts as a root."""
    known = {span.id for span in spans}
    children: dict[str, list[Span]] = {}
    for span in sorted(spans, key=lambda span: span.start):
        children.setdefault(span.parent if span.parent in known else "", []).append(span)
    return list(_below("", 0, children))


def _below(parent: str, depth: int, children: dict[str, list[Span]]) -> Iterator[Row]:
    for span in children.get(parent, []):
        if span.name == INNER:
            continue
        inner = tuple(child for child in children.get(span.id, []) if child.name == INNER)
        yield Row(span, depth, inner)
        yield from _below(span.id, depth + 1, children)
