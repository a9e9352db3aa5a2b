from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console

from bench.machine import describe
from bench.measures import Bound, Row, Series, Target
from bench.report import as_json, show, write

ROWS = [
    Row("decode", 8, "stack", Series((400.0, 410.0, 390.0), "tokens/s")),
    Row("decode", 8, "transformers", Series((200.0, 205.0, 195.0), "tokens/s")),
]
TARGETS = [Target("decode at 8", Series((2.0, 2.0, 2.0), "x"), Bound.AT_LEAST, 2.0)]


def test_json_holds_every_repeat_and_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "results/first.json"
    write(path, as_json(describe(), ROWS, TARGETS))
    content = json.loads(path.read_text())
    assert content["rows"][0]["values"] == [400.0, 410.0, 390.0]
    assert content["targets"][0]["met"] is True
    assert content["machine"]["cores"] >= 1
    assert content["machine"]["packages"]["numpy"].startswith("1.")
    assert list(path.parent.iterdir()) == [path]


def test_the_table_shows_medians_and_verdicts() -> None:
    text = io.StringIO()
    show(
        Console(file=text, width=140),
        describe(),
        ROWS,
        [*TARGETS, Target("memory", Series((4.0,), "GiB"), Bound.AT_MOST, 3)],
    )
    shown = text.getvalue()
    for expected in ("400", "390 - 410", "tokens/s", "at least 2.00 x", "met", "missed"):
        assert expected in shown
