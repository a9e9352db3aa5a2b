"""The results as JSON, as a table and as a roofline plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from bench.gpu.result import Omission, Result
from bench.gpu.roof import Roof

_GIGA, _TERA = 1e9, 1e12


def as_json(
    machine: Mapping[str, object],
    run: Mapping[str, object],
    roof: Roof,
    results: Sequence[Result],
    left: Sequence[Omission],
) -> dict[str, object]:
    """Everything that was measured, every repeat of it."""
    return {
        "machine": dict(machine),
        "run": dict(run),
        "roof": {"bytes_per_second": roof.bandwidth, "operations_per_second": roof.rate},
        "results": [_one(result, roof) for result in results],
        "left_out": [{"name": each.name, "batch": each.batch, "reason": each.reason} for each in left],
    }


def show(console: Console, title: str, roof: Roof, results: Sequence[Result], left: Sequence[Omission]) -> None:
    """The table, and what has no number."""
    console.print(f"measured roof: {roof.bandwidth / _GIGA:.0f} GB/s moved, {roof.rate / _TERA:.3g} Tflop/s multiplied")
    table = Table(title=title, title_justify="left")
    for column in ("case", "by"):
        table.add_column(column)
    for column in ("batch", "ms", "low - high", "floor ms", "x floor", "bound by", "Tflop/s", "peak GiB"):
        table.add_column(column, justify="right")
    for result in results:
        case, series = result.case, result.series
        table.add_row(
            case.name,
            case.backend,
            str(case.batch),
            f"{series.median:.3g}",
            f"{series.low:.3g} - {series.high:.3g}",
            f"{result.floor_ms(roof):.3g}",
            f"{result.times_floor(roof):.2f}",
            roof.bound(case.moved, case.operations),
            f"{result.achieved / _TERA:.3g}",
            f"{result.peak_gib:.1f}",
        )
    console.print(table)
    for each in left:
        console.print(f"left out: {each.name}, batch {each.batch}: {each.reason}")


def plot(path: Path, title: str, roof: Roof, results: Sequence[Result]) -> None:
    """Operations a second over operations a byte, under the measured roof; both axes logarithmic."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot(xscale="log", yscale="log", title=title)
    axes.set(xlabel="operations a byte", ylabel="Tflop/s")
    ridge = roof.rate / roof.bandwidth
    edges = sorted([ridge, *(result.intensity for result in results)])
    reach = [edges[0] / 2, ridge, edges[-1] * 2]
    axes.plot(reach, [min(roof.rate, each * roof.bandwidth) / _TERA for each in reach], color="black", linewidth=1)
    for result in results:
        label = f"{result.case.name} x{result.case.batch} ({result.case.backend})"
        axes.plot(result.intensity, result.achieved / _TERA, "o", label=label)
    axes.legend(fontsize="xx-small")
    axes.grid(visible=True, alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".partial")
    figure.savefig(aside, dpi=120, format="png")
    aside.replace(path)


def _one(result: Result, roof: Roof) -> dict[str, object]:
    case = result.case
    return {
        "case": case.name,
        "batch": case.batch,
        "backend": case.backend,
        "median_ms": result.series.median,
        "values_ms": list(result.series.values),
        "floor_ms": result.floor_ms(roof),
        "times_floor": result.times_floor(roof),
        "bound": roof.bound(case.moved, case.operations),
        "bytes": case.moved,
        "operations": case.operations,
        "peak_gib": result.peak_gib,
    }
