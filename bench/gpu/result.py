"""One measurement beside its floor."""

from __future__ import annotations

from dataclasses import dataclass

from bench.gpu.roof import Roof
from bench.measures import Series


@dataclass(frozen=True, slots=True)
class Case:
    """What was run: its name, how many at once, by what, and the bytes and operations it cannot do without."""

    name: str
    batch: int
    backend: str
    moved: float
    operations: float


@dataclass(frozen=True, slots=True)
class Result:
    """A case and its times in ms. `peak_gib`: most memory, by torch's count on a GPU, of the process on a CPU."""

    case: Case
    series: Series
    peak_gib: float

    def floor_ms(self, roof: Roof) -> float:
        """The least time on this hardware."""
        return roof.floor_ms(self.case.moved, self.case.operations)

    def times_floor(self, roof: Roof) -> float:
        """How many times the floor the median took."""
        return self.series.median / self.floor_ms(roof)

    @property
    def achieved(self) -> float:
        """Operations a second."""
        return self.case.operations / self.series.median * 1000

    @property
    def intensity(self) -> float:
        """Operations a byte."""
        return self.case.operations / self.case.moved


@dataclass(frozen=True, slots=True)
class Omission:
    """A case without a number, and why."""

    name: str
    batch: int
    reason: str
