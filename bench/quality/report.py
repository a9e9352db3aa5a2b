"""The scores as tables, JSON and contact sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.quality.picture import resized
from bench.quality.published import Published, rows_of
from bench.quality.subjects.subject import Identity
from bench.quality.suites.score import Outcome, Score
from bench.quality.targets import Result, results
from export.training.sheet import Tile, save_sheet

_TILE = 128


def as_json(
    identity: Identity,
    run: Mapping[str, object],
    instruments: Mapping[str, str],
    machine: Mapping[str, object],
    outcomes: Mapping[str, Outcome],
) -> dict[str, object]:
    """Everything a reader needs to judge a number or to get it again; `run` holds counts and seeds."""
    return {
        "subject": {**asdict(identity), "weights": dict(identity.weights)},
        "run": dict(run),
        "instruments": dict(instruments),
        "machine": dict(machine),
        "suites": {
            suite: {
                "scores": [asdict(score) for score in outcome.scores],
                "published": [{**asdict(row), "values": dict(row.values)} for row in rows_of(suite)],
            }
            for suite, outcome in outcomes.items()
        },
        "targets": [
            {
                "name": result.target.name,
                "promised": result.target.promised,
                "unit": result.target.unit.value,
                "measured": result.value,
                "met": result.met,
            }
            for result in results(outcomes.values())
        ],
    }


def show(console: Console, identity: Identity, instruments: Mapping[str, str], outcomes: Mapping[str, Outcome]) -> None:
    """A table a suite, ours above the papers', and at last what was promised."""
    short = ", ".join(f"{name} {digest[:12]}" for name, digest in identity.weights.items())
    console.print(f"{identity.preset} by the {identity.kind}, {identity.steps} steps, guidance {identity.guidance:g}")
    console.print(f"weights: {short or 'none named'}")
    for kind, name in instruments.items():
        console.print(f"{kind}: {name}", highlight=False)
    for suite, outcome in outcomes.items():
        console.print(_measured(suite, outcome.scores))
        if published := rows_of(suite):
            console.print(_published(suite, published))
    console.print(_targets(results(outcomes.values())))


def save_sheets(outcomes: Mapping[str, Outcome], folder: Path, name: str) -> list[Path]:
    """A contact sheet `NAME-SUITE.png` of each suite that has pictures, every one 128 pixels; the files."""
    paths = []
    for suite, outcome in outcomes.items():
        if outcome.tiles:
            paths.append(folder / f"{name}-{suite}.png")
            tiles = [Tile(tile.words, resized(tile.picture, _TILE), tile.right) for tile in outcome.tiles]
            save_sheet(tiles, paths[-1])
    return paths


def _targets(found: Sequence[Result]) -> Table:
    table = Table(title="targets", title_justify="left")
    for column in ("target", "promised", "measured", ""):
        table.add_column(column, justify="left" if column in {"target", ""} else "right")
    words = {True: "[green]met", False: "[red]missed", None: "[dim]not measured"}
    for result in found:
        value = "" if result.value is None else result.target.shown(result.value)
        table.add_row(result.target.name, result.target.promised, value, words[result.met])
    return table


def _measured(suite: str, scores: Sequence[Score]) -> Table:
    table = Table(title=f"{suite}, measured here", title_justify="left")
    for column, justify in (("setting", "left"), ("measure", "left"), ("value", "right"), ("of", "right")):
        table.add_column(column, justify="right" if justify == "right" else "left")
    table.add_column("better")
    previous = ""
    for score in scores:
        if score.setting != previous:
            table.add_section()
        setting, previous = (score.setting if score.setting != previous else ""), score.setting
        spread = "" if score.error is None else f" ± {score.error:.3f}"
        table.add_row(setting, score.measure, f"{score.value:.3f}{spread}", str(score.count), score.better.value)
    return table


def _published(suite: str, rows: Sequence[Published]) -> Table:
    """The papers' rows: measured by others on other data, so only their order and distance are to be compared."""
    table = Table(title=f"{suite}, published (other data and sizes)", title_justify="left")
    for column in ("source", "method", "values"):
        table.add_column(column)
    for row in rows:
        table.add_row(row.source, row.method, ", ".join(f"{name} {value:g}" for name, value in row.values))
    return table
