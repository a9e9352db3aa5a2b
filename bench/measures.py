"""Repeated measurements, ratios of them, and the targets they are held against."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Series:
    """Repeats of one measurement, all in `unit`."""

    values: tuple[float, ...]
    unit: str

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("a series needs at least one measurement")

    @property
    def median(self) -> float:
        """The middle repeat."""
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        """The smallest repeat."""
        return min(self.values)

    @property
    def high(self) -> float:
        """The largest repeat."""
        return max(self.values)


def paired_ratio(ours: Series, theirs: Series) -> Series:
    """`ours` / `theirs`, repeat by repeat: each pair was measured next to each other, so slow drift cancels.

    Raises:
        ValueError: they do not pair, or one of `theirs` is not above 0.
    """
    if len(ours.values) != len(theirs.values):
        raise ValueError(f"{len(ours.values)} repeats cannot be paired with {len(theirs.values)}")
    if min(theirs.values) <= 0:
        raise ValueError("only measurements above 0 can be divided by")
    return Series(tuple(own / their for own, their in zip(ours.values, theirs.values, strict=True)), "x")


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of `values` that at least `percent` of them do not exceed (nearest rank)."""
    if not values or not 0 < percent <= 100:
        raise ValueError("a percentile needs values and a percentage above 0, up to 100")
    ranked = sorted(values)
    rank = -(-len(ranked) * percent // 100)
    return ranked[int(rank) - 1]


class Bound(StrEnum):
    """On which side of its limit a target is met."""

    AT_LEAST = "at least"
    AT_MOST = "at most"


@dataclass(frozen=True, slots=True)
class Target:
    """A promise of the project and what was measured for it."""

    name: str
    measured: Series
    bound: Bound
    limit: float

    @property
    def met(self) -> bool:
        """Whether the median keeps the promise."""
        if self.bound is Bound.AT_LEAST:
            return self.measured.median >= self.limit
        return self.measured.median <= self.limit


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the results: what was measured, at which concurrency, by whom."""

    measure: str
    concurrency: int
    subject: str
    series: Series
