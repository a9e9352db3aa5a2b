"""Captions that know which of their words name an instance."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` up to `end` of a caption."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Caption:
    """A sentence and the spans of its instance phrases, in reading order.

    ValueError where a span is empty, outside the text or inside its neighbour.
    """

    text: str
    spans: tuple[Span, ...]

    def __post_init__(self) -> None:
        for span in self.spans:
            if not 0 <= span.start < span.end <= len(self.text):
                raise ValueError(f"spans: {span} does not lie in a caption of {len(self.text)} characters")
        for one, following in pairwise(self.spans):
            if following.start < one.end:
                raise ValueError(f"spans: {following} begins before {one} ends")

    @property
    def phrases(self) -> tuple[str, ...]:
        """The words of every span."""
        return tuple(self.text[span.start : span.end] for span in self.spans)


def caption_of(pieces: list[tuple[str, bool]]) -> Caption:
    """The caption made of `pieces`, each a stretch of text and whether it names an instance."""
    spans, length = [], 0
    for text, names in pieces:
        if names:
            spans.append(Span(length, length + len(text)))
        length += len(text)
    return Caption("".join(text for text, _ in pieces), tuple(spans))
