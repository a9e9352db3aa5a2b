"""The whole command on a member of the family with random weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from bench.quality.__main__ import main
from bench.quality.order import WORLD
from export import presets
from export.digest import file_digest
from export.presets import Preset


@pytest.fixture
def invoke(small: Preset, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setattr(presets, "load", lambda _name: small)
    # Networks with random weights say all they may before they paint.
    monkeypatch.setenv("WEGEN_GATEWAY_ANSWER_TOKENS", "8")
    app = typer.Typer()
    app.command()(main)
    return lambda *arguments: CliRunner().invoke(app, [str(each) for each in arguments])


def test_one_command_writes_a_table_json_and_a_sheet(invoke: object, weights: Path, tmp_path: Path) -> None:
    assert callable(invoke)
    common = ("--weights", weights, "--out", tmp_path, "--prompts", 1, "--samples", 2, "--steps", 1, "--seed", 4)
    result: Result = invoke(*common, "--name", "first")
    assert result.exit_code == 0, result.output
    assert "diversity, measured here" in result.output
    content = json.loads((tmp_path / "first.json").read_text())
    assert list(content["suites"]) == list(WORLD)
    assert {row["measured"] is None for row in content["targets"]} == {True, False}
    assert content["run"] == {"prompts": 1, "samples": 2, "seed": 4, "strategy": "top-p + temperature"}
    assert content["subject"]["weights"]["vision.safetensors"] == file_digest(weights / "vision.safetensors")
    assert content["subject"]["steps"] == 1
    assert content["instruments"]["clip"] == "not given"
    assert sorted(path.name for path in tmp_path.glob("*.png")) == sorted(f"first-{suite}.png" for suite in WORLD)
    again: Result = invoke(*common, "--name", "again", "--suite", "diversity")
    assert again.exit_code == 0, again.output
    repeated = json.loads((tmp_path / "again.json").read_text())
    assert repeated["suites"] == {"diversity": content["suites"]["diversity"]}


def test_what_is_wrong_is_one_sentence(invoke: object, tmp_path: Path) -> None:
    assert callable(invoke)
    missing: Result = invoke("--weights", tmp_path / "none")
    assert missing.exit_code == 1
    assert "vision.safetensors does not exist" in missing.output
    folder: Result = invoke("--suite", "dreambench")
    assert folder.exit_code == 1
    assert folder.output.strip() == "suite: dreambench needs --dreambench"
