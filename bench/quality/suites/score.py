"""One number of a suite, and everything a suite gives back."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

import numpy as np

from export.training.sheet import Tile
from services.errors import InvalidArgumentError


class Better(StrEnum):
    """Which way is better."""

    LOWER = "lower"
    HIGHER = "higher"


@dataclass(frozen=True, slots=True)
class Score:
    """A mean of `count` values. `error` is its standard error; None where the number is no mean of single values."""

    suite: str
    setting: str
    measure: str
    value: float
    count: int
    better: Better
    error: float | None = None

    @classmethod
    def mean(cls, suite: str, setting: str, measure: str, values: Sequence[float], better: Better) -> Self:
        """The mean of `values`; InvalidArgumentError when there are none, or one is not finite."""
        if not values or not all(map(math.isfinite, values)):
            raise InvalidArgumentError("values", f"{suite}, {setting}, {measure}: needs finite values, at least one")
        error = float(np.std(values, ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else None
        return cls(suite, setting, measure, float(np.mean(values)), len(values), better, error)


@dataclass(slots=True)
class Tally:
    """Collects a suite's values by setting and measure; of those in `lower`, less is better."""

    suite: str
    lower: frozenset[str] = frozenset()
    values: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def add(self, settings: Iterable[str], row: Mapping[str, float | bool]) -> None:
        """One case's value of every measure in `row`, under each of `settings`."""
        for setting in settings:
            for measure, value in row.items():
                self.values.setdefault((setting, measure), []).append(float(value))

    def scores(self) -> list[Score]:
        """The means of all values, in the order in which settings and measures came first."""
        settings = dict.fromkeys(setting for setting, _ in self.values)
        order = {setting: number for number, setting in enumerate(settings)}
        return [
            Score.mean(self.suite, setting, measure, found, Better.LOWER if measure in self.lower else Better.HIGHER)
            for (setting, measure), found in sorted(self.values.items(), key=lambda item: order[item[0][0]])
        ]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A suite's scores and the pictures for the contact sheet; `shown` counts pictures by setting."""

    scores: list[Score] = field(default_factory=list)
    tiles: list[Tile] = field(default_factory=list)
    shown: Counter[str] = field(default_factory=Counter)

    def show(self, most: int, *tiles: Tile, setting: str = "") -> None:
        """Put `tiles` on the sheet as long as it holds fewer than `most` of their setting."""
        if self.shown[setting] < most:
            self.tiles.extend(tiles)
            self.shown[setting] += len(tiles)
