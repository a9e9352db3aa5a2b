"""The size of a picture, in pixels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

_WORDS = re.compile(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})")


@dataclass(frozen=True, slots=True)
class Size:
    """Written as `WIDTHxHEIGHT` wherever it is text."""

    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The size that `text` says; ValueError for what is not WIDTHxHEIGHT."""
        found = _WORDS.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not WIDTHxHEIGHT in pixels, as 1024x1024")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


def listed(sizes: tuple[Size, ...]) -> str:
    """All of them, for a sentence."""
    return ", ".join(map(str, sizes))
