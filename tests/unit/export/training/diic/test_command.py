"""The command writes samples one can read back, from the world and from video files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from export.training.diic.__main__ import main
from export.training.diic.checks import Verdict
from export.training.diic.contact import outline, save_contact_sheet
from export.training.diic.dropping import Dropping
from export.training.diic.pair import Recipe
from export.training.diic.sources import Pixels, Sources
from export.training.diic.supply import Supply
from export.training.diic.writer import SAMPLES_FILE, Writer


def test_the_command_writes_lines_pictures_and_a_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--out", str(tmp_path), "--count", "3", "--sheet", "2"])
    lines = [json.loads(line) for line in (tmp_path / SAMPLES_FILE).read_text().splitlines()]
    assert len(lines) == 3
    for line in lines:
        assert Image.open(tmp_path / line["frame"]).size == (128, 128)
        told = [part["image"] for part in line["prompt"] if "image" in part]
        kept = [instance["segment"] for instance in line["instances"] if instance["kept"]["segment"]]
        assert told == kept
        assert all(Image.open(tmp_path / instance["segment"]).size == (128, 128) for instance in line["instances"])
        assert set(line["rewrite"]) == {"brief", "dense"}
    assert Image.open(tmp_path / "sheet.png").height == 2 * 166
    assert "kept: kept" in capsys.readouterr().out


def test_the_same_seed_writes_the_same_samples(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        main(["--out", str(tmp_path / name), "--count", "2", "--seed", str(seed)])
    a, b, c = ((tmp_path / name / SAMPLES_FILE).read_text() for name in "abc")
    assert a == b != c


def test_a_video_file_becomes_a_sample(clip: Pixels, sources: Sources, tmp_path: Path) -> None:
    first, *rest = (Image.fromarray(frame) for frame in clip)
    first.save(tmp_path / "squares.webp", save_all=True, append_images=rest, lossless=True)
    supply = Supply(Recipe(t_ref=3), Dropping(0.0, 0.0), 0)
    samples = list(supply.filmed([tmp_path / "squares.webp"], sources))
    with Writer(tmp_path / "out") as writer:
        for sample in samples:
            writer.add(sample)
    save_contact_sheet(samples, tmp_path / "sheet.png")
    line = json.loads((tmp_path / "out" / SAMPLES_FILE).read_text())
    assert line["discarded"] == {"a yellow one": Verdict.UNFOUND.value}
    assert [instance["phrase"] for instance in line["instances"]] == ["A red square", "a blue square"]
    assert supply.verdicts == {Verdict.KEPT: 2, Verdict.UNFOUND: 1}
    assert np.array_equal(np.asarray(Image.open(tmp_path / "out" / line["frame"])), clip[0])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--t-ref", "0"], "t_ref 0 is not above 0"), (["--drop", "2"], "box 2.0 is not a probability")],
)
def test_a_wrong_argument_ends_with_one_sentence(tmp_path: Path, arguments: list[str], words: str) -> None:
    with pytest.raises(SystemExit, match=words):
        main(["--out", str(tmp_path), *arguments])


def test_real_videos_want_all_models(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--out", str(tmp_path), "--video", "x.webp", "--captioner", "y"])
    assert "--video wants --captioner, --grounding and --tracker" in capsys.readouterr().err


def test_a_sheet_needs_samples_and_an_outline_is_an_edge(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="none to show"):
        save_contact_sheet([], tmp_path / "sheet.png")
    assert outline(np.ones((4, 4), bool)).sum() == 12
