"""The mix: how much of every step belongs to which kind of task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import accumulate
from random import Random
from typing import Final

from export.training.lessons.asking import asking_lesson
from export.training.lessons.casting import casting_lesson
from export.training.lessons.editing import editing_lesson, restyling_lesson
from export.training.lessons.lesson import Lesson
from export.training.lessons.painting import direct_lesson, rewriting_lesson
from export.training.lessons.repairing import repairing_lesson
from export.training.lessons.sketching import sketching_lesson
from export.training.lessons.talking import talking_lesson
from export.training.library import Library

LESSONS: Final[dict[str, Callable[[Library, Random], Lesson]]] = {
    "rewriting": rewriting_lesson,
    "direct": direct_lesson,
    "asking": asking_lesson,
    "editing": editing_lesson,
    "restyling": restyling_lesson,
    "repairing": repairing_lesson,
    "sketching": sketching_lesson,
    "casting": casting_lesson,
    "talking": talking_lesson,
}


@dataclass(frozen=True, slots=True)
class Shares:
    """The share of lessons each family has, together 1."""

    rewriting: float = 0.22
    direct: float = 0.09
    asking: float = 0.15
    editing: float = 0.17
    restyling: float = 0.04
    repairing: float = 0.07
    sketching: float = 0.05
    casting: float = 0.13
    talking: float = 0.08

    def __post_init__(self) -> None:
        total = sum(getattr(self, field.name) for field in fields(self))
        if abs(total - 1.0) > 1e-6 or any(getattr(self, field.name) < 0.0 for field in fields(self)):
            raise ValueError(f"the shares of {self} must be at least 0 and add up to 1, not to {total:.3f}")


class Mix:
    """Draws lessons by shares; what a step draws depends on seed and step alone."""

    def __init__(self, library: Library, shares: Shares, seed: int) -> None:
        self._library, self._seed = library, seed
        self._families = [field.name for field in fields(shares)]
        self._upto = list(accumulate(getattr(shares, name) for name in self._families))

    def lessons(self, step: int, count: int) -> list[tuple[str, Lesson]]:
        """The `count` lessons of a step, each with its family's name."""
        families = self.families(step, count)
        randoms = (Random(f"lesson/{self._seed}/{step}/{number}") for number in range(count))  # noqa: S311
        return [(name, LESSONS[name](self._library, random)) for name, random in zip(families, randoms, strict=True)]

    def families(self, step: int, count: int) -> list[str]:
        """`count` families in fixed order, each as often as its share says but for a rounding that varies by step.

        Evenly spaced marks over the shares laid side by side: no step goes without a family by chance, as it would if
        each lesson were drawn alone.
        """
        start = Random(f"mix/{self._seed}/{step}").random()  # noqa: S311 - a seeded mix
        marks = [(number + start) / count for number in range(count)]
        last = len(self._families) - 1
        return [
            self._families[next((index for index, upto in enumerate(self._upto) if mark < upto), last)]
            for mark in marks
        ]
