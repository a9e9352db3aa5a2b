"""The results as a table for people and JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.measures import Row, Series, Target


def as_json(machine: Mapping[str, object], rows: Sequence[Row], targets: Sequence[Target]) -> dict[str, object]:
    """Everything that was measured, every repeat of it."""
    return {
        "machine": dict(machine),
        "rows": [
            {"measure": row.measure, "concurrency": row.concurrency, "subject": row.subject, **_series(row.series)}
            for row in rows
        ],
        "targets": [
            {
                "name": target.name,
                "bound": target.bound.value,
                "limit": target.limit,
                "met": target.met,
                **_series(target.measured),
            }
            for target in targets
        ],
    }


def write(path: Path, content: Mapping[str, object]) -> None:
    """Write aside, then rename: a result is whole or absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".partial")
    aside.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")
    aside.replace(path)


def show(console: Console, machine: Mapping[str, object], rows: Sequence[Row], targets: Sequence[Target]) -> None:
    """Both tables."""
    console.print(f"{machine['processor']}, {machine['cores']} cores, load {machine['load_before']} before the run")
    console.print(_measurements(rows))
    console.print(_promises(targets))


def _measurements(rows: Sequence[Row]) -> Table:
    table = Table(title="measured (median of the repeats, lowest to highest)", title_justify="left")
    table.add_column("measure")
    table.add_column("concurrent", justify="right")
    table.add_column("by")
    table.add_column("median", justify="right")
    table.add_column("low - high", justify="right")
    table.add_column("unit")
    previous = ""
    for row in rows:
        if row.measure != previous:
            table.add_section()
        label, previous = (row.measure if row.measure != previous else ""), row.measure
        series = row.series
        spread = f"{_number(series.low)} - {_number(series.high)}"
        table.add_row(label, str(row.concurrency), row.subject, _number(series.median), spread, series.unit)
    return table


def _promises(targets: Sequence[Target]) -> Table:
    table = Table(title="targets", title_justify="left")
    for column in ("target", "promised", "measured", ""):
        table.add_column(column, justify="left" if column in {"target", ""} else "right")
    for target in targets:
        unit = target.measured.unit
        table.add_row(
            target.name,
            f"{target.bound} {_number(target.limit)} {unit}",
            f"{_number(target.measured.median)} {unit}",
            "[green]met" if target.met else "[red]missed",
        )
    return table


def _series(series: Series) -> dict[str, object]:
    return {"unit": series.unit, "median": series.median, "values": list(series.values)}


def _number(value: float) -> str:
    """Three significant digits, without an exponent."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f}"
