"""The loop all stages share: seeded batches, warm-up and cosine, checkpoints, a loss log, progress."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn
from tqdm import tqdm

from export.training.average import Average
from export.training.checkpoint import load_checkpoint, save_checkpoint
from export.training.plan import LOG_EVERY, Plan


@dataclass(slots=True)
class Progress:
    """How much of a stage is done, 0 to 1, for objectives that change on the way."""

    done: float = 0.0


class Objective(Protocol):
    """What a stage minimises."""

    name: str
    examples: int

    @property
    def module(self) -> nn.Module:
        """What is trained."""

    def losses(self, step: int, indices: Tensor) -> dict[str, Tensor]:
        """Scalars of one batch of examples; the one called `loss` is minimised, the others are logged.

        Which others there are may differ from step to step.
        """


def batch_indices(seed: int, step: int, batch: int, examples: int) -> Tensor:
    """The examples of one step [batch]: a fresh permutation each epoch, a function of seed and step alone."""
    per_epoch = examples // batch
    start = step % per_epoch * batch
    return _order(seed, step // per_epoch, examples)[start : start + batch]


@lru_cache(maxsize=1)
def _order(seed: int, epoch: int, examples: int) -> Tensor:
    return torch.randperm(examples, generator=torch.Generator().manual_seed(seed * 1_000_003 + epoch))


def done_of(plan: Plan, step: int, wall: float) -> float:
    """The share of a plan, 0 to 1, that `step` steps or `wall` seconds are: whichever is more ends it."""
    return max(step / plan.steps, min(1.0, wall / plan.seconds))


def learning_rate(plan: Plan, step: int, wall: float = 0.0) -> float:
    """Linear warm-up, then a cosine to a fiftieth at the last step, or after as many seconds as the plan has."""
    if step < plan.warmup:
        return plan.learning_rate * (step + 1) / plan.warmup
    begun = plan.warmup / plan.steps
    done = max(0.0, done_of(plan, step, wall) - begun) / (1.0 - begun)
    return plan.learning_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))


class Loop:
    """Trains one objective; a second run in the same folder continues where the first one stopped.

    `between` is called whenever the log grows, `progress` is kept up to date. What is logged are means over the steps
    since the last time.
    """

    def __init__(
        self,
        objective: Objective,
        plan: Plan,
        folder: Path,
        seed: int,
        *,
        between: Callable[[], None] | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.objective, self.plan, self.folder, self.seed, self.between = objective, plan, folder, seed, between
        self.progress = progress or Progress()
        decay = [p for p in objective.module.parameters() if p.ndim > 1]
        plain = [p for p in objective.module.parameters() if p.ndim <= 1]
        groups = [{"params": decay, "weight_decay": plan.weight_decay}, {"params": plain, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=plan.learning_rate, betas=plan.betas, fused=True)
        self.average = Average(objective.module, plan.ema) if plan.ema else None
        self.step, self.wall, self.cpu = 0, 0.0, 0.0
        self._recent: dict[str, list[Tensor]] = {}

    @property
    def checkpoint(self) -> Path:
        """Where progress is kept."""
        return self.folder / f"{self.objective.name}.ckpt"

    @property
    def log(self) -> Path:
        """The loss log, a JSON object a line."""
        return self.folder / f"{self.objective.name}.jsonl"

    def run(self) -> None:
        """Train to the plan's last step, or its last second, and leave the averaged weights in the module."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._resume()
        wall, cpu = time.monotonic() - self.wall, time.process_time() - self.cpu
        bar = tqdm(
            range(self.step, self.plan.steps), self.objective.name, self.plan.steps, initial=self.step, mininterval=5
        )
        with self.log.open("a") as log:
            for step in bar:
                if self.wall >= self.plan.seconds:
                    break
                self._remember(self._advance(step))
                self.step, self.wall, self.cpu = step + 1, time.monotonic() - wall, time.process_time() - cpu
                if self.step % LOG_EVERY == 0:
                    record = self._record()
                    bar.set_postfix(loss=record["loss"], refresh=False)
                    log.write(json.dumps(record) + "\n")
                    log.flush()
                    if self.between:
                        self.between()
                if self.step % self.plan.checkpoint_every == 0:
                    self._save()
        self._save()
        if self.average:
            self.objective.module.load_state_dict(self.average.state())

    def _advance(self, step: int) -> dict[str, Tensor]:
        # Every draw of the step depends on seed and step alone, so a resumed run repeats what it would have drawn.
        torch.manual_seed(self.seed * 7_919 + step)
        self.progress.done = done_of(self.plan, step, self.wall)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.plan, step, self.wall)
        values = self.objective.losses(step, batch_indices(self.seed, step, self.plan.batch, self.objective.examples))
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(values["loss"])
        nn.utils.clip_grad_norm_(self.objective.module.parameters(), self.plan.clip)
        self.optimizer.step()
        if self.average:
            self.average.update(self.objective.module, step)
        return {name: value.detach() for name, value in values.items()}

    def _remember(self, values: dict[str, Tensor]) -> None:
        for name, value in values.items():
            self._recent.setdefault(name, []).append(value)

    def _record(self) -> dict[str, float]:
        """A line of the log."""
        means = {name: round(float(torch.stack(values).mean()), 5) for name, values in self._recent.items()}
        self._recent.clear()
        return {"step": self.step, "wall": round(self.wall, 1), **means}

    def _save(self) -> None:
        average = self.average.state() if self.average else {}
        state = {"step": self.step, "wall": self.wall, "cpu": self.cpu, "average": average}
        module, optimizer = self.objective.module.state_dict(), self.optimizer.state_dict()
        save_checkpoint(self.checkpoint, {**state, "module": module, "optimizer": optimizer})

    def _resume(self) -> None:
        state = load_checkpoint(self.checkpoint)
        if state is None:
            return
        self.step, self.wall, self.cpu = state["step"], state["wall"], state["cpu"]
        self.objective.module.load_state_dict(state["module"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.average:
            self.average.load(state["average"])
        # What the log says of steps after the checkpoint is about to happen again.
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        kept = [line for line in lines if json.loads(line)["step"] <= self.step]
        self.log.write_text("".join(f"{line}\n" for line in kept))
