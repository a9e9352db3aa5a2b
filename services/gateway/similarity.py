"""When two rewrites are the same but for a word or two."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"\w+")
_SHINGLE = 2


def normal_form(text: str) -> str:
    """Lower-case words of `text` (Unicode NFKC), single spaces between, punctuation gone."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def similarity(first: str, second: str) -> float:
    """Jaccard similarity of the word pairs of two normal forms, 0 to 1; equal forms give 1."""
    if first == second:
        return 1.0
    left, right = _shingles(first), _shingles(second)
    return len(left & right) / len(left | right)


def _shingles(normal: str) -> frozenset[tuple[str, ...]]:
    words = normal.split()
    return frozenset(tuple(words[i : i + _SHINGLE]) for i in range(max(1, len(words) - _SHINGLE + 1)))


class Distinct:
    """Texts kept so far; a new one is a near-duplicate when it is as similar as `threshold` to any of them."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._kept: list[str] = []

    def is_duplicate(self, text: str) -> bool:
        """Whether `text` is too close to one that was kept."""
        normal = normal_form(text)
        return any(similarity(normal, other) >= self._threshold for other in self._kept)

    def keep(self, text: str) -> None:
        """Remember `text`."""
        self._kept.append(normal_form(text))
