"""Runs begin from nothing or from published weights."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import torch

from export import presets
from export.networks import build_language
from export.training.plan import PLANS, plans_for
from export.training.run import Run
from export.weights import ROOT, WeightsError, load_network

PRESET = presets.load("wegen-tiny")
PUBLISHED = ROOT / "wegen-tiny"


def run_in(folder: Path, start: Path | None = None, steps: int | None = None) -> Run:
    run = Run(PRESET, folder / "out", folder / "cache", torch.device("cpu"), 0, steps, start)
    run.prepare()
    return run


def test_a_run_from_scratch_has_everything_to_do(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    assert not any(run.is_finished(stage) for stage in PLANS)
    assert run.plan("language") == PLANS["language"]
    assert list(run.out.iterdir()) == []


def test_a_run_from_published_weights_trains_every_stage_with_their_tokenizer(tmp_path: Path) -> None:
    run = run_in(tmp_path, PUBLISHED)
    assert not any(run.is_finished(stage) for stage in PLANS)
    assert [file.name for file in run.out.iterdir()] == ["tokenizer.model"]
    assert (run.out / "tokenizer.model").read_bytes() == (PUBLISHED / "tokenizer.model").read_bytes()


def test_a_continued_network_starts_where_it_was(tmp_path: Path) -> None:
    published = load_network(PRESET, PUBLISHED, "language").state_dict()
    continued, fresh = (
        run_in(tmp_path / str(number), start).initial("language", build_language(PRESET)).state_dict()
        for number, start in enumerate((PUBLISHED, None))
    )
    assert all(torch.equal(value, published[name]) for name, value in continued.items())
    assert not torch.equal(fresh["lm_head.weight"], published["lm_head.weight"])


def test_a_continued_plan_is_shorter_and_gentler_and_steps_can_be_told(tmp_path: Path) -> None:
    plan = run_in(tmp_path, PUBLISHED).plan("language")
    assert plan.steps < PLANS["language"].steps
    assert plan.learning_rate < PLANS["language"].learning_rate
    assert run_in(tmp_path, PUBLISHED, steps=7).plan("language").steps == 7


def test_a_stage_waits_for_another_process(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    done = run.out / "vision.done"
    writer = threading.Timer(0.2, done.touch)
    writer.start()
    run.wait_for("vision")
    assert done.exists()
    run.wait_for("vision")
    writer.join()


def test_a_gpu_has_plans_of_its_own_that_end_with_the_time() -> None:
    assert plans_for("cpu") is PLANS
    assert PLANS.keys() == plans_for("cuda").keys()
    assert all(plan.seconds < 3600 for plan in plans_for("cuda").values())


def test_missing_weights_are_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.model").write_bytes(b"")
    with pytest.raises(WeightsError, match=r"vision\.safetensors does not exist"):
        run_in(tmp_path, tmp_path)


def test_a_running_stage_takes_the_threads_it_is_told(tmp_path: Path) -> None:
    before, run = torch.get_num_threads(), run_in(tmp_path)
    try:
        run.threads_file("language").write_text("3\n")
        run.take_threads("language")
        assert torch.get_num_threads() == 3
        run.take_threads("vae")
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
