"""A comparison's table, JSON, loss plot and contact sheet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure

from export.training.plots import read_log, smooth
from export.training.sheet import Tile, save_sheet
from export.training.unimo.compare import Outcome
from export.training.unimo.scoring import Judged, scores

_COLUMNS: Final = 8
_ROWS: Final = 8
_SCORES: Final = ("colour", "shape", "place", "background", "one", "both")
_MEASURES: Final = ("noise", "noise_other", "attention", "inside", "outside")
_PROBES: Final = ("shape", "colour", "texture")


@dataclass(frozen=True, slots=True)
class Report:
    """Everything there is to tell; `settings` is what repeats it."""

    settings: dict[str, Any]
    ceiling: list[Judged]
    outcomes: list[Outcome]

    def as_json(self) -> dict[str, Any]:
        """Figures of every arm, and what became of every prompt."""
        return {
            "settings": self.settings,
            "ceiling": scores(self.ceiling),
            "arms": {outcome.arm.name: _figures(outcome) for outcome in self.outcomes},
            "prompts": [each.example.name for each in self.ceiling],
        }

    def table(self) -> str:
        """Four tables in Markdown."""
        arms = self.outcomes
        pictured = [("ceiling", scores(self.ceiling))]
        return "\n".join(
            [
                *_table("segments", _SCORES, [*pictured, *((o.arm.name, scores(o.references)) for o in arms)]),
                *_table("words", _SCORES, [*pictured, *((o.arm.name, scores(o.words)) for o in arms)]),
                *_table("held out", _MEASURES, [(o.arm.name, o.measures) for o in arms]),
                *_table("probe", _PROBES, [(o.arm.name, o.probe) for o in arms]),
            ]
        )


def _figures(outcome: Outcome) -> dict[str, Any]:
    return {
        "segments": scores(outcome.references),
        "words": scores(outcome.words),
        "held_out": outcome.measures,
        "probe": outcome.probe,
        "kept": [each.kept for each in outcome.references],
        "wall_s": round(outcome.wall, 1),
        "cpu_s": round(outcome.cpu, 1),
    }


def _table(title: str, columns: Sequence[str], rows: Sequence[tuple[str, dict[str, float]]]) -> list[str]:
    """A Markdown table of figures; a figure that a row does not have is a dash."""
    lines = [f"| {title} | {' | '.join(columns)} |", f"|{'---|' * (len(columns) + 1)}"]
    for name, values in rows:
        cells = [f"{values[column]:.3f}" if column in values else "-" for column in columns]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return [*lines, ""]


def write_report(report: Report, out: Path) -> None:
    """Write compare.json, compare.md, losses.png and sheet.png into `out`, where the arms' loss logs are."""
    (out / "compare.json").write_text(json.dumps(report.as_json(), indent=1) + "\n")
    (out / "compare.md").write_text(report.table())
    plot_arms([out / f"{outcome.arm.name}.jsonl" for outcome in report.outcomes], out / "losses.png")
    save_sheet(tiles(report), out / "sheet.png")


def plot_arms(logs: Sequence[Path], out: Path) -> None:
    """The noise's and the attention's loss over the steps, a curve for each log there is; 0 is no measurement."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    for place, name in enumerate(("noise", "attention"), 1):
        axes = figure.add_subplot(1, 2, place, xlabel="step", title=f"{name} loss")
        for log in logs:
            columns = read_log(log) if log.exists() else {}
            steps, values = zip(*columns.get(name, [(0, 0.0)]), strict=True)
            if any(values):
                axes.plot(steps, smooth(values), label=log.stem)
        if axes.lines:
            axes.legend()
        axes.grid(visible=True, alpha=0.3)
    figure.savefig(out, dpi=80)


def tiles(report: Report, rows: int = _ROWS) -> list[Tile]:
    """A row a prompt: its segments, its picture, the picture through the VAE, and every arm's."""
    chosen = np.linspace(0, len(report.ceiling) - 1, min(rows, len(report.ceiling))).astype(int).tolist()
    return [tile for index in chosen for tile in _row(report, index)]


def _row(report: Report, index: int) -> list[Tile]:
    best = report.ceiling[index]
    blank = Tile("", np.full_like(best.picture, 255))
    segments = [Tile("segment", subject.segment) for subject in best.example.subjects]
    segments += [blank] * (2 - len(segments))
    arms = [_tile(outcome.arm.name, outcome.references[index]) for outcome in report.outcomes]
    row = [*segments, Tile("picture", best.example.picture), _tile("ceiling", best), *arms]
    return [*row, *[blank] * (_COLUMNS - len(row))]


def _tile(words: str, judged: Judged) -> Tile:
    return Tile(words, judged.picture, right=judged.kept)
