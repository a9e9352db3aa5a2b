"""The comparison command trains, scores, writes and resumes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from export import presets
from export.presets import Preset
from export.training.unimo.__main__ import check_settings, main


@pytest.fixture
def command(preset: Preset, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(presets, "load", lambda _: preset)
    folders = ["--weights", str(weights), "--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")]
    return ["compare", *folders, "--batch", "2", "--examples", "3", "--held-out", "1"]


def test_it_writes_a_table_json_a_plot_and_a_sheet(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([*command, "--steps", "5"])
    out = tmp_path / "out"
    told = json.loads((out / "compare.json").read_text())
    assert list(told["arms"]) == ["start", "features", "hidden", "attention"]
    assert "noise" in told["arms"]["attention"]["held_out"]
    assert told["settings"]["steps"] == 5
    assert all(0.0 <= share <= 1.0 for arm in told["arms"].values() for share in arm["segments"].values())
    assert "| hidden |" in capsys.readouterr().out
    # Eight tiles a row, a row a held-out prompt.
    assert Image.open(out / "sheet.png").size == (8 * 134, 2 * 170)
    assert (out / "losses.png").stat().st_size > 1000


def test_a_folder_keeps_to_its_settings(tmp_path: Path, command: list[str]) -> None:
    check_settings(tmp_path / "out", {"steps": 20, "seed": 0})
    check_settings(tmp_path / "out", {"steps": 20, "seed": 0})
    with pytest.raises(SystemExit, match="steps 20, not 30"):
        main([*command, "--steps", "30"])
