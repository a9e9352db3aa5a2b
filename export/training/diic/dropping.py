"""Leaving out boxes and segments, so that the model also works without them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Kept:
    """What of an instance is told."""

    box: bool
    segment: bool


@dataclass(frozen=True, slots=True)
class Dropping:
    """How likely a box, and independently a segment, is left out: 0.3 in the paper (WeGen, 3.2)."""

    box: float = 0.3
    segment: float = 0.3

    def __post_init__(self) -> None:
        for name, chance in (("box", self.box), ("segment", self.segment)):
            if not 0.0 <= chance <= 1.0:
                raise ValueError(f"{name} {chance} is not a probability")

    def draw(self, random: Random, count: int) -> tuple[Kept, ...]:
        """What is kept of each of `count` instances."""
        return tuple(
            Kept(box=random.random() >= self.box, segment=random.random() >= self.segment) for _ in range(count)
        )
