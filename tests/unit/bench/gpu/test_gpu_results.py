"""Floors, the table, the JSON and the plot of the GPU's measurements, from given numbers."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench.gpu.report import as_json, plot, show
from bench.gpu.result import Case, Omission, Result
from bench.gpu.roof import Roof
from bench.measures import Series

ROOF = Roof(bandwidth=2e12, rate=400e12)
RESULTS = [
    Result(Case("LLaMA decode", 1, "torch", moved=14e9, operations=14e9), Series((10.0, 12.0, 14.0), "ms"), 15.5),
    Result(Case("UNet step", 8, "torch", moved=5e9, operations=96e12), Series((480.0,), "ms"), 20.0),
]
LEFT = [Omission("LLaMA decode", 32, "CUDA out of memory")]


def test_a_floor_is_the_slower_of_memory_and_arithmetic() -> None:
    decode, unet = RESULTS
    assert decode.floor_ms(ROOF) == pytest.approx(7)
    assert decode.times_floor(ROOF) == pytest.approx(12 / 7)
    assert unet.floor_ms(ROOF) == pytest.approx(240)
    assert [ROOF.bound(each.case.moved, each.case.operations) for each in RESULTS] == ["memory", "arithmetic"]
    assert unet.achieved == pytest.approx(200e12)
    assert decode.intensity == pytest.approx(1)


def test_json_holds_every_repeat_the_floor_and_what_was_left_out() -> None:
    content: Any = as_json({"device": "a GPU"}, {"preset": "wegen-7b"}, ROOF, RESULTS, LEFT)
    first, second = content["results"]
    assert (first["values_ms"], first["floor_ms"]) == ([10.0, 12.0, 14.0], pytest.approx(7))
    assert (second["bound"], second["backend"]) == ("arithmetic", "torch")
    assert content["left_out"] == [{"name": "LLaMA decode", "batch": 32, "reason": "CUDA out of memory"}]


def test_the_table_names_floors_and_omissions() -> None:
    text = io.StringIO()
    show(Console(file=text, width=160), "a GPU", ROOF, RESULTS, LEFT)
    shown = text.getvalue()
    for expected in ("2000 GB/s", "400 Tflop/s", "10 - 14", "1.71", "arithmetic", "left out: LLaMA decode, batch 32"):
        assert expected in shown


def test_the_plot_is_whole_or_absent(tmp_path: Path) -> None:
    path = tmp_path / "results/gpu.png"
    plot(path, "a GPU", ROOF, RESULTS)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert list(path.parent.iterdir()) == [path]
