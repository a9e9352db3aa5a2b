"""One number of a suite, and everything a suite gives back."""

from __future__ import annotations

import math
from collections.abc import Sequence
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """A suite's scores and the pictures for the contact sheet."""

    scores: list[Score] = field(default_factory=list)
    tiles: list[Tile] = field(default_factory=list)
