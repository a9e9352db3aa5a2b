"""Loss curves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

_WINDOW = 10


def read_log(path: Path) -> dict[str, list[tuple[int, float]]]:
    """Step and value of every loss in a stage's log, `wall` among them, each where it was logged."""
    columns: dict[str, list[tuple[int, float]]] = {}
    for line in path.read_text().splitlines():
        record = json.loads(line)
        for name, value in record.items():
            if name != "step":
                columns.setdefault(name, []).append((record["step"], value))
    return columns


def smooth(values: Sequence[float], window: int = _WINDOW) -> list[float]:
    """The mean of each value and up to `window` - 1 before it."""
    return [sum(part) / len(part) for part in (values[max(0, i - window + 1) : i + 1] for i in range(len(values)))]


def plot_log(log: Path, out: Path) -> None:
    """Draw every loss of a stage's log over its steps, smoothed, on a logarithmic axis; losses of families thinner."""
    columns = read_log(log)
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot(xlabel="step", yscale="log", title=log.stem)
    for name, points in columns.items():
        if name != "wall":
            steps, values = zip(*points, strict=True)
            axes.plot(steps, smooth(values), label=name, linewidth=0.7 if "/" in name else 1.5)
    axes.legend(fontsize="xx-small", ncols=2)
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(out, dpi=80)
