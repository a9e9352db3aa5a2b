"""A panel as we think of it: what it asks, in which unit, and what it tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

# Grafana's own: at least four scrapes, so that a rate is never empty.
OVER = "$__rate_interval"
Unit = Literal["s", "percentunit", "reqps", "short", "bytes", "none"]


@dataclass(frozen=True, slots=True)
class Curve:
    """One query; `legend` names its series, labels in double braces."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """`width` of 24 columns. `limits`: values from which on a colour warns."""

    title: str
    tells: str
    unit: Unit
    curves: Sequence[Curve]
    width: int = 8
    kind: Literal["lines", "number"] = "lines"
    limits: Mapping[float, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """Charts under one heading."""

    title: str
    charts: Sequence[Chart]


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard; `name` is its file's and its uid's."""

    name: str
    title: str
    tells: str
    rows: Sequence[Row]

    @property
    def charts(self) -> list[Chart]:
        """All of them."""
        return [chart for row in self.rows for chart in row.charts]


def quantiles(metric: str, *shares: float, match: str = "") -> list[Curve]:
    """Percentiles of a histogram over all targets."""
    return [Curve(quantile(metric, share, match=match), f"p{share * 100:g}") for share in shares or (0.5, 0.95, 0.99)]


def quantile(metric: str, share: float, *, by: str = "", match: str = "") -> str:
    """One percentile, by further labels where wanted."""
    labels = f"le, {by}" if by else "le"
    selector = f"{{{match}}}" if match else ""
    return f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket{selector}[{OVER}])))"


def rate(metric: str, by: str = "", *, match: str = "") -> str:
    """Events a second over all targets."""
    selector = f"{{{match}}}" if match else ""
    return f"sum{f' by ({by})' if by else ''} (rate({metric}{selector}[{OVER}]))"
