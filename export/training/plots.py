"""Loss curves."""

from __future__ import annotations

import json
from pathlib import Path

from matplotlib.figure import Figure

_WINDOW = 10


def read_log(path: Path) -> dict[str, list[float]]:
    """Columns of a stage's loss log."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    return {name: [record[name] for record in records] for name in records[0]} if records else {}


def smooth(values: list[float], window: int = _WINDOW) -> list[float]:
    """The mean of each value and up to `window` - 1 before it."""
    return [sum(part) / len(part) for part in (values[max(0, i - window + 1) : i + 1] for i in range(len(values)))]


def plot_log(log: Path, out: Path) -> None:
    """Draw every loss of a stage's log over its steps, smoothed, on a logarithmic axis."""
    columns = read_log(log)
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot(xlabel="step", yscale="log", title=log.stem)
    for name, values in columns.items():
        if name not in {"step", "wall"}:
            axes.plot(columns["step"], smooth(values), label=name)
    axes.legend()
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(out, dpi=80)
