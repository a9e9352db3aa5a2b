from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from bench.quality import report
from bench.quality.published import ROWS
from bench.quality.subjects.subject import Identity
from bench.quality.suites.score import Better, Outcome, Score
from bench.report import write
from export.training.sheet import Tile
from tests.unit.bench.quality.conftest import plain

IDENTITY = Identity("reference", "small", {"vision.safetensors": "ab" * 32}, 20, 3.0)
OUTCOMES = {
    "diversity": Outcome(
        [Score("diversity", "pure", "PSNR_d, dB", 12.25, 8, Better.LOWER, 0.5)],
        [Tile("a red circle", plain(255, 0, 0, side=16)), Tile("a star", plain(0, 0, 255, side=300), right=True)],
    ),
    "understanding": Outcome([Score("understanding", "all questions", "answers right", 0.75, 4, Better.HIGHER)]),
}


def test_json_holds_all_that_makes_a_number_readable(tmp_path: Path) -> None:
    content = report.as_json(IDENTITY, {"prompts": 8, "seed": 3}, {"clip": "not given"}, {"cores": 2}, OUTCOMES)
    write(tmp_path / "quality.json", content)
    found = json.loads((tmp_path / "quality.json").read_text())
    assert found["subject"]["preset"] == "small"
    assert found["subject"]["weights"] == {"vision.safetensors": "ab" * 32}
    assert found["run"] == {"prompts": 8, "seed": 3}
    (score,) = found["suites"]["diversity"]["scores"]
    assert (score["value"], score["error"], score["count"], score["better"]) == (12.25, 0.5, 8, "lower")
    published = {(row["source"], row["method"]): row["values"] for row in found["suites"]["diversity"]["published"]}
    assert published["WeGen Table 5", "none"] == {"PSNR_d, dB": 19.88, "CLIP-T": 0.305}
    assert published["WeGen Table 3", "WeGen"] == {"PSNR_d, dB": 9.66, "LPIPS_d": 0.6286}
    assert found["suites"]["understanding"]["published"] == []
    targets = {row["name"]: row for row in found["targets"]}
    assert targets["questions answered"] == {
        "name": "questions answered",
        "promised": "at least 90 %",
        "unit": "%",
        "measured": 0.75,
        "met": False,
    }
    assert targets["edit done and everything else kept"]["measured"] is None


def test_tables_show_ours_and_the_papers() -> None:
    text = io.StringIO()
    report.show(Console(file=text, width=140), IDENTITY, {"clip": "CLIP (vit)"}, OUTCOMES)
    shown = text.getvalue()
    for expected in (
        "vision.safetensors abababababab",
        "12.250 ± 0.500",
        "0.750",
        "clip: CLIP (vit)",
        "WeGen Table 5",
        "PSNR_d, dB 19.88",
        "questions answered",
        "at least 90 %",
        "75 %",
        "missed",
        "not measured",
    ):
        assert expected in shown
    assert "understanding, published" not in shown


def test_every_suite_with_pictures_has_a_sheet(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert report.save_sheets(OUTCOMES, folder, "quality") == [folder / "quality-diversity.png"]
    with Image.open(folder / "quality-diversity.png") as sheet:
        pixels = sheet.convert("RGB")
    width, height = pixels.size
    assert (width, height) == (2 * 134, 134 + 36)
    assert pixels.getpixel((60, 60)) == (255, 0, 0)
    assert pixels.getpixel((134 + 60, 60)) == (0, 0, 255)
    assert [path.name for path in folder.iterdir()] == ["quality-diversity.png"]


@pytest.mark.parametrize("measure", ["FID", "CLIP-T", "CLIP-I", "DINO"])
def test_published_measures_have_the_names_that_ours_have(measure: str) -> None:
    assert any(measure == name for row in ROWS for name, _ in row.values)
