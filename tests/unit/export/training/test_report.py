"""What a training run and an evaluation leave behind."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from export.training.evaluate import evaluate, held_out_briefs, write_report
from export.training.facts import Grammar, parse_dense
from export.training.plots import plot_log, read_log, smooth
from export.training.world import dense_caption, render


def test_an_honest_painter_passes_and_a_blind_one_fails(tmp_path: Path) -> None:
    truths = {brief.text: brief.scene for brief in held_out_briefs(6)}

    def honest(brief: str, seed: int) -> tuple[str, NDArray[np.uint8]]:
        return dense_caption(truths[brief], Random(seed)), render(truths[brief])

    def blind(brief: str, seed: int) -> tuple[str, NDArray[np.uint8]]:
        return brief, np.full((128, 128, 3), seed, np.uint8)

    summary = write_report(evaluate(honest, 6), tmp_path)
    assert summary["prompts_all_right"] == summary["facts_kept"] == summary["told_position"] == 1.0
    report = json.loads((tmp_path / "evaluation.json").read_text())
    assert len(report["prompts"]) == 6
    assert Image.open(tmp_path / "evaluation.png").size[0] == 6 * 134
    failed = evaluate(blind, 6)
    assert not any(result.right or result.facts for result in failed)


def test_briefs_name_one_or_two_things() -> None:
    counts = {len(brief.scene.things) for brief in held_out_briefs(20)}
    assert counts == {1, 2}


def test_a_rewrite_of_other_words_is_not_understood() -> None:
    assert parse_dense("A red circle at the left on a plain blue background.", Grammar.of_world()) is None


def test_a_log_becomes_a_plot(tmp_path: Path) -> None:
    log = tmp_path / "vae.jsonl"
    log.write_text("".join(json.dumps({"step": 20 * i, "wall": i, "loss": 1.0 / i}) + "\n" for i in range(1, 30)))
    plot_log(log, tmp_path / "vae.png")
    assert read_log(log)["loss"][:2] == [(20, 1.0), (40, 0.5)]
    assert Image.open(tmp_path / "vae.png").size == (480, 320)


def test_a_loss_that_some_lines_lack_keeps_its_steps(tmp_path: Path) -> None:
    log = tmp_path / "language.jsonl"
    log.write_text('{"step": 20, "loss": 2.0}\n{"step": 40, "loss": 1.0, "text/asking": 3.0}\n')
    assert read_log(log) == {"loss": [(20, 2.0), (40, 1.0)], "text/asking": [(40, 3.0)]}


def test_smoothing_is_a_trailing_mean() -> None:
    assert smooth([2.0, 4.0, 6.0], window=2) == [2.0, 3.0, 5.0]
