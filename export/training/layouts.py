"""The lessons of every step, laid out; ahead of time where a step is faster than laying out the next."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from typing import Any, Protocol

from torch.utils.data import DataLoader, Dataset

from export.tokenizer import Tokenizer
from export.training.lessons.lesson import Lesson
from export.training.sequences import Layout, laid, sequence_of

_MOST_WORKERS = 6
_AHEAD = 8


class Teacher(Protocol):
    """Gives the lessons of a step."""

    def lessons(self, step: int, count: int) -> list[tuple[str, Lesson]]:
        """The `count` lessons of a step, each with the name of its family; always the same for the same step."""


Laid = tuple[list[str], Layout]
"""One step's lessons: the family of each, and all of them laid out."""


class _Sized(Dataset[Laid]):
    """Steps of one size, to be laid out by other processes."""

    def __init__(self, classes: Layouts, size: int) -> None:
        self._layouts, self._size = classes, size

    def __getitem__(self, step: int) -> Laid:
        return self._layouts.lay(step, self._size)


class Layouts:
    """What a teacher gives, as layouts over pictures of as many `features`."""

    def __init__(self, teacher: Teacher, tokenizer: Tokenizer, features: int) -> None:
        self._teacher, self._tokenizer, self._features = teacher, tokenizer, features
        self._coming: Iterator[Laid] | None = None
        self._next = -1

    def lay(self, step: int, size: int) -> Laid:
        """The lessons of a step."""
        taught = self._teacher.lessons(step, size)
        sequences = [sequence_of(lesson, self._tokenizer, self._features) for _, lesson in taught]
        return [family for family, _ in taught], laid(sequences, self._features)

    def at(self, step: int, size: int, *, ahead: bool) -> Laid:
        """The same; `ahead` has other processes lay out those of the steps that follow."""
        if not ahead:
            return self.lay(step, size)
        if self._coming is None or step != self._next:
            self._coming = self._from(step, size)
        self._next = step + 1
        return next(self._coming)

    def _from(self, step: int, size: int) -> Iterator[Laid]:
        steps: Any = count(step)
        workers = max(1, min(_MOST_WORKERS, len(os.sched_getaffinity(0)) // 2))
        return iter(
            DataLoader(_Sized(self, size), batch_size=None, sampler=steps, num_workers=workers, prefetch_factor=_AHEAD)
        )
