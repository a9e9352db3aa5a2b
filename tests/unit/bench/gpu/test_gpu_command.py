"""The whole script on a CPU at the small preset: the code that a GPU runs, but for compiling and capturing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.gpu.run import DECODE, DECODER, FEATURES, UNET, VISION

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results")
    options = ["--preset", "wegen-tiny", "--device", "cpu", "--precision", "float32", "--repeats", "2", "--span", "128"]
    command = [sys.executable, "-m", "bench.gpu", *options, "--name", "small", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=280)
    return out


def test_every_case_has_a_number_above_zero_and_a_floor(results: Path) -> None:
    content = json.loads((results / "gpu-small.json").read_text())
    assert content["left_out"] == []
    assert content["machine"]["software"]["torch"]
    found = {(each["case"], each["batch"]): each for each in content["results"]}
    assert found.keys() == {
        *((DECODE, batch) for batch in (1, 8, 32)),
        (FEATURES, 1),
        (VISION, 1),
        *((UNET, batch) for batch in (1, 4, 8)),
        (DECODER, 1),
    }
    for each in found.values():
        assert each["median_ms"] > 0
        assert each["floor_ms"] > 0
        assert each["operations"] > 0
        assert each["backend"] == "torch, eager"
    assert found[UNET, 8]["operations"] == 8 * found[UNET, 1]["operations"]
    assert found[DECODE, 32]["bytes"] > found[DECODE, 1]["bytes"]
    assert sorted(path.name for path in results.iterdir()) == ["gpu-small.json", "gpu-small.png"]
