"""Reading all of a folder takes the memory of a tensor, not of the folder."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from typer.testing import CliRunner

from export.checkpoints import Checkpoint, CheckpointError
from export.checkpoints.survey import survey
from export.command import app
from export.presets import Preset, registry
from export.weights import random_networks

from .conftest import Write
from .test_checkpoint import CLIP, TRAINED

MIB = 2**20

# A process of its own: another's peak would hide this one's.
READ = """
import json, sys
from pathlib import Path
from export.checkpoints import Checkpoint
from export.checkpoints.survey import peak_memory, survey
from export.presets import DecoderSize, DenoiserSize, LanguageSize, Preset, VisionSize

checkpoint = Checkpoint.open(Path(sys.argv[1]), eval(sys.argv[2]))
Path("/proc/self/clear_refs").write_text("5")  # begins the peak anew
before = peak_memory()
lines = list(survey(checkpoint))
print(json.dumps([before, peak_memory(), lines]))
"""


def test_every_network_is_counted(small: Preset, write: Write) -> None:
    lines = list(survey(Checkpoint.open(write(), small)))
    assert [line.split(":")[0] for line in lines[:4]] == ["vision", "language", "denoiser", "decoder"]
    assert lines[1].startswith("language: 23 tensors, 0.17 million weights, 0.7 MB in 1 file")
    assert lines[-1].startswith("peak memory ")


def test_a_weight_that_is_not_finite_is_named(small: Preset, write: Write) -> None:
    folder = write()
    state = torch.load(folder / TRAINED, weights_only=True)
    state["llm.model.norm.weight"][3] = torch.nan
    torch.save(state, folder / TRAINED)
    with pytest.raises(CheckpointError, match=r"pytorch_model.bin: norm.weight holds a value that is not finite"):
        list(survey(Checkpoint.open(folder, small)))


def test_the_command_says_what_is_there_or_what_is_wrong(
    small: Preset, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._PRESETS, small.name, lambda: small)
    folder = write()
    command = ["check", str(folder), "--preset", small.name]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0
    assert "denoiser: " in result.stdout
    (folder / TRAINED).unlink()
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert result.stderr == f"error: {folder / TRAINED} does not exist\n"


def test_the_peak_of_reading_is_far_below_the_folder(small: Preset, write: Write) -> None:
    language = replace(small.language, hidden=512, heads=8, layers=12, mlp_hidden=1376)
    large = replace(small, name="large", language=language)
    folder = write(preset=large, networks=random_networks(large), positions=None)
    size = sum((folder / file).stat().st_size for file in (TRAINED, CLIP))
    assert size > 140 * MIB
    command = [sys.executable, "-c", READ, str(folder), repr(large)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    before, after, lines = json.loads(result.stdout)
    assert lines[1].startswith("language: 113 tensors")
    assert after - before < 48 * MIB
