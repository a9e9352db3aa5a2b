"""Training resumes where it stopped and repeats what it would have done."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from export.training.checkpoint import load_checkpoint, save_checkpoint
from export.training.loop import Loop, batch_indices, learning_rate
from export.training.plan import Plan

PLAN = Plan(steps=40, batch=4, learning_rate=1e-2, warmup=5, ema=0.9, checkpoint_every=20)


class Line:
    """Fits a line through noisy points."""

    name = "line"
    examples = 32

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.module = nn.Linear(1, 1)
        self.seen: list[Tensor] = []

    def losses(self, step: int, indices: Tensor) -> dict[str, Tensor]:
        assert step >= 0
        self.seen.append(indices)
        x = indices.float().unsqueeze(1) / 32
        target = 3 * x + torch.randn_like(x) * 0.01
        return {"loss": (self.module(x) - target).square().mean()}


class KilledError(Exception):
    """Stands for a killed process."""


class Fragile(Line):
    def losses(self, step: int, indices: Tensor) -> dict[str, Tensor]:
        if step == 25:
            raise KilledError
        return super().losses(step, indices)


def test_an_interrupted_run_ends_like_an_uninterrupted_one(tmp_path: Path) -> None:
    whole, first, second = Line(), Fragile(), Line()
    Loop(whole, PLAN, tmp_path / "whole", seed=1).run()
    try:
        Loop(first, PLAN, tmp_path / "parts", seed=1).run()
    except KilledError:
        Loop(second, PLAN, tmp_path / "parts", seed=1).run()
    assert len(second.seen) == 20
    assert torch.equal(whole.module.weight, second.module.weight)


def test_the_log_has_each_step_once(tmp_path: Path) -> None:
    try:
        Loop(Fragile(), PLAN, tmp_path, seed=1).run()
    except KilledError:
        Loop(Line(), PLAN, tmp_path, seed=1).run()
    steps = [json.loads(line)["step"] for line in (tmp_path / "line.jsonl").read_text().splitlines()]
    assert steps == [20, 40]


def test_the_log_has_means_of_what_each_step_had(tmp_path: Path) -> None:
    class Moody(Line):
        def losses(self, step: int, indices: Tensor) -> dict[str, Tensor]:
            extra = {"odd": torch.tensor(float(step))} if step % 2 else {}
            return {**super().losses(step, indices), **extra}

    called: list[int] = []
    Loop(Moody(), PLAN, tmp_path, seed=1, between=lambda: called.append(1)).run()
    first, second = (json.loads(line) for line in (tmp_path / "line.jsonl").read_text().splitlines())
    assert first["odd"] == 10.0
    assert second["odd"] == 30.0
    assert len(called) == 2


def test_a_plan_whose_checkpoints_fall_between_log_lines_is_refused() -> None:
    with pytest.raises(ValueError, match="checkpoint_every 30"):
        replace(PLAN, checkpoint_every=30)


def test_an_epoch_takes_every_example_once_and_the_next_in_another_order() -> None:
    first, second = (torch.cat([batch_indices(0, step, 4, 32) for step in range(at, at + 8)]) for at in (0, 8))
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(32))
    assert not torch.equal(first, second)


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [learning_rate(PLAN, step) for step in range(PLAN.steps)]
    assert max(rates) == rates[5] == PLAN.learning_rate
    assert rates[:5] == sorted(rates[:5])
    assert rates[5:] == sorted(rates[5:], reverse=True)


def test_the_learning_rate_falls_with_the_time_where_that_is_shorter() -> None:
    plan = replace(PLAN, seconds=100.0)
    rates = [learning_rate(plan, 10, wall) for wall in (0.0, 20.0, 60.0, 100.0, 120.0)]
    assert rates[0] == learning_rate(PLAN, 10)
    assert rates == sorted(rates, reverse=True)
    assert rates[3] == rates[4] == pytest.approx(PLAN.learning_rate / 50)


def test_a_run_whose_time_is_over_ends_with_what_it_has(tmp_path: Path) -> None:
    line = Line()
    loop = Loop(line, replace(PLAN, seconds=1e-9), tmp_path, seed=1)
    loop.run()
    assert loop.step == 1
    state = load_checkpoint(loop.checkpoint)
    assert state is not None
    assert state["step"] == 1
    assert torch.equal(line.module.weight, state["average"]["weight"])


def test_a_checkpoint_reads_back_and_leaves_no_partial_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.ckpt"
    assert load_checkpoint(path) is None
    save_checkpoint(path, {"step": 3, "weights": torch.ones(2)})
    state = load_checkpoint(path)
    assert state is not None
    assert state["step"] == 3
    assert [entry.name for entry in path.parent.iterdir()] == ["x.ckpt"]
