"""Durations of rules, which a rehearsal may shorten all together."""

from __future__ import annotations

from dataclasses import dataclass

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Burn:
    """An alert's pair of windows: both must have burned `rate` times as fast as the objective allows."""

    rate: float
    short: str
    long: str
    severity: str


# Google's SRE workbook, "Alerting on SLOs": 2 % of a month's budget in an hour, 5 % in six, 10 % in one day and three.
BURNS = (
    Burn(14.4, "5m", "1h", "critical"),
    Burn(6, "30m", "6h", "critical"),
    Burn(3, "2h", "1d", "warning"),
    Burn(1, "6h", "3d", "warning"),
)
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


@dataclass(frozen=True, slots=True)
class Pace:
    """Every duration is divided by `by`; 1 in production. Names of recorded series keep the whole ones."""

    by: float = 1

    def seconds(self, duration: str) -> float:
        """`duration`, a number and its unit, in seconds of this pace."""
        return int(duration[:-1]) * _SECONDS[duration[-1]] / self.by

    def __call__(self, duration: str) -> str:
        """`duration` as a rule writes it."""
        return duration if self.by == 1 else f"{round(self.seconds(duration) * 1000)}ms"
