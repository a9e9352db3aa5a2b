"""The scores as tables, JSON and a contact sheet."""

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
    }


def show(console: Console, identity: Identity, instruments: Mapping[str, str], outcomes: Mapping[str, Outcome]) -> None:
    """A table a suite, ours above the papers'."""
    short = ", ".join(f"{name} {digest[:12]}" for name, digest in identity.weights.items())
    console.print(f"{identity.preset} by the {identity.kind}, {identity.steps} steps, guidance {identity.guidance:g}")
    console.print(f"weights: {short or 'none named'}")
    for kind, name in instruments.items():
        console.print(f"{kind}: {name}", highlight=False)
    for suite, outcome in outcomes.items():
        console.print(_measured(suite, outcome.scores))
        if published := rows_of(suite):
            console.print(_published(suite, published))


def save_tiles(outcomes: Mapping[str, Outcome], path: Path) -> bool:
    """One contact sheet of all suites' pictures, each 128 pixels; False and no file where there is none."""
    tiles = [
        Tile(tile.words, resized(tile.picture, _TILE), tile.right)
        for outcome in outcomes.values()
        for tile in outcome.tiles
    ]
    if tiles:
        save_sheet(tiles, path)
    return bool(tiles)


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
