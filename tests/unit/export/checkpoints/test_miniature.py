"""A preset's own weights written in the authors' layout, by command."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from export.checkpoints import Checkpoint
from export.command import app
from export.presets import Preset, registry
from export.weights import NETWORKS, TOKENIZER_FILE, Networks, save_network


def test_the_command_writes_a_folder_that_reads_back(
    small: Preset, truth: Networks, pieces: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._PRESETS, small.name, lambda: small)
    weights, out = tmp_path / "weights", tmp_path / "authors"
    for name in NETWORKS:
        save_network(getattr(truth, name), weights, name)
    (weights / TOKENIZER_FILE).write_bytes(pieces)
    command = ["miniature", str(out), "--preset", small.name, "--weights", str(weights)]
    assert CliRunner().invoke(app, command).exit_code == 0
    found = Checkpoint.open(out, small).networks()
    for name in NETWORKS:
        for key, value in getattr(truth, name).state_dict().items():
            assert torch.equal(getattr(found, name).state_dict()[key], value), key
    assert not list(tmp_path.glob("*.partial"))
    again = CliRunner().invoke(app, command)
    assert (again.exit_code, again.stderr) == (2, f"error: {out} exists already\n")
