"""A dashboard as a picture, from the values that a Prometheus really has: for pages, where no Grafana is at hand."""

from __future__ import annotations

import json
import math
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.grafana.chart import OVER, Board, Chart
from deploy.grafana.drawing import COLUMNS, HEIGHT, places

_STEP_S = 5
_SHOWN = {"percentunit": (100.0, "%"), "s": (1.0, "s"), "reqps": (1.0, "a second")}
_FORMAT = {"percentunit": "{:.4g} %", "none": "{:g}"}
_COLOURS = ("#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff", "#c0d8ff")


@dataclass(frozen=True, slots=True)
class Source:
    """A Prometheus, and the minutes before now that are drawn."""

    url: str
    minutes: float
    rate: str = "30s"

    def series(self, expr: str) -> list[tuple[dict[str, str], list[tuple[float, float]]]]:
        """Labels and points (minutes from the begin, value) of every series; what is not finite is left out."""
        end = time.time()
        begin = end - 60 * self.minutes
        query = {"query": expr.replace(OVER, self.rate), "start": begin, "end": end, "step": _STEP_S}
        address = f"{self.url}/api/v1/query_range?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - the operator's own address
            found = json.load(answer)["data"]["result"]
        return [
            (one["metric"], [((at - begin) / 60, float(value)) for at, value in one["values"] if _finite(value)])
            for one in found
        ]


def picture(board: Board, source: Source, path: Path) -> None:
    """Write `board` as a PNG; OSError when the Prometheus does not answer. It needs matplotlib."""
    # Not where dashboards are only written: matplotlib is the export's.
    import matplotlib.style as mpl_style  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    laid = list(_laid(board))
    lines = max(place[1] + place[3] for _, place in laid)
    with mpl_style.context("dark_background"):
        figure = Figure(figsize=(16, lines * 0.42), facecolor="#111217")
        for chart, (x, y, width, height) in laid:
            box = (x / COLUMNS + 0.03, 1 - (y + height - 0.9) / lines, width / COLUMNS - 0.045, (height - 2) / lines)
            axes = figure.add_axes(box, facecolor="#181b1f")
            axes.set_title(chart.title, fontsize=10, loc="left")
            (_number if chart.kind == "number" else _lines)(axes, chart, source)
        figure.savefig(path, dpi=90)


def _laid(board: Board) -> Iterator[tuple[Chart, tuple[int, int, int, int]]]:
    line = 0
    for row in board.rows:
        for chart, place in places(row, line):
            yield chart, (place.x, place.y, place.w, HEIGHT[chart.kind])
        line = max(place.y + place.h for _, place in places(row, line))


def _lines(axes: Any, chart: Chart, source: Source) -> None:  # noqa: ANN401 - matplotlib has no types
    factor, unit = _SHOWN.get(chart.unit, (1.0, ""))
    colours = iter(_COLOURS * 4)
    for curve in chart.curves:
        for labels, points in source.series(curve.expr):
            # A line at 0 tells nothing that its absence does not.
            if points and any(value for _, value in points):
                name = _legend(curve.legend, labels)
                minutes, values = zip(*_with_gaps(points, factor), strict=True)
                axes.plot(minutes, values, label=name, color=next(colours), linewidth=1.2)
    axes.set_ylim(bottom=0)
    top = axes.get_ylim()[1]
    for limit, colour in chart.limits.items():
        if factor * limit <= top:
            axes.axhline(factor * limit, color=colour, linewidth=0.8, linestyle="--")
    axes.set_xlim(0, source.minutes)
    axes.tick_params(labelsize=7)
    axes.set_xlabel("minutes", fontsize=7)
    axes.set_ylabel(unit, fontsize=7)
    axes.grid(visible=True, alpha=0.15)
    if axes.lines and axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize=7, loc="best", framealpha=0.4)


def _number(axes: Any, chart: Chart, source: Source) -> None:  # noqa: ANN401
    values = [points[-1][1] for curve in chart.curves for _, points in source.series(curve.expr) if points]
    value = values[0] if values else math.nan
    reached = [colour for limit, colour in sorted(chart.limits.items()) if value >= limit]
    factor = _SHOWN.get(chart.unit, (1.0, ""))[0]
    text = _FORMAT.get(chart.unit, "{:.3g}").format(factor * value) if values else "no data"
    axes.text(0.5, 0.45, text, fontsize=20, ha="center", va="center", color=(reached or ["lightgreen"])[-1])
    axes.set_xticks([])
    axes.set_yticks([])


def _legend(pattern: str, labels: dict[str, str]) -> str:
    for name, value in labels.items():
        pattern = pattern.replace(f"{{{{{name}}}}}", value)
    return pattern


def _with_gaps(points: list[tuple[float, float]], factor: float) -> Iterator[tuple[float, float]]:
    """The points; where some are missing, one that breaks the line."""
    before = points[0][0]
    for at, value in points:
        if at - before > 2 * _STEP_S / 60:
            yield at, math.nan
        before = at
        yield at, factor * value


def _finite(value: str) -> bool:
    return math.isfinite(float(value))
