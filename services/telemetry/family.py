"""What one metric is: enough to make it, and to write its row in docs/metrics.md."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True)
class Family:
    """A metric's name as Prometheus has it, and every value that its labels may take.

    `values` with an empty tuple: bounded by the deployment rather than by the code, as a model's name is.
    """

    name: str
    kind: Kind
    text: str
    unit: str = ""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    buckets: tuple[float, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels' names."""
        return tuple(self.values)

    @property
    def series(self) -> tuple[str, ...]:
        """The names that queries may use."""
        if self.kind == "histogram":
            return tuple(f"{self.name}_{part}" for part in ("bucket", "sum", "count"))
        return (self.name,)

    def combinations(self) -> Iterator[dict[str, str]]:
        """Every set of label values."""
        for chosen in itertools.product(*self.values.values()):
            yield dict(zip(self.values, chosen, strict=True))
