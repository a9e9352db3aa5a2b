"""One training run: its preset, folders, device and seed, and what is finished in it."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import torch
from safetensors.torch import load_file
from torch import nn

from export.networks import build_decoder
from export.presets import Preset
from export.training.loop import Loop, Objective, Progress
from export.training.plan import Plan, plans_for
from export.training.plots import plot_log
from export.training.spread import Spread
from export.weights import NETWORKS, TOKENIZER_FILE, WeightsError, load_network, save_network, weights_file

AUTOENCODER: Final = "autoencoder"
_LOOK = 0.5
Built = TypeVar("Built", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Run:
    """What every stage of a run shares.

    `start` is a folder of published weights that all stages train on; `spread` does what has to be done to many
    pictures.
    """

    preset: Preset
    out: Path
    cache: Path
    device: torch.device
    seed: int
    steps: int | None = None
    start: Path | None = None
    spread: Spread = map

    def plan(self, stage: str) -> Plan:
        """The stage's plan, shorter where it continues published weights, of `steps` where given."""
        plan = plans_for(self.device.type)[stage]
        plan = plan if self.start is None else plan.continued()
        return plan if self.steps is None else plan.shortened(self.steps)

    def initial(self, network: str, built: Built) -> Built:
        """Where a network starts: as it was `built`, or with its published weights."""
        if self.start is not None:
            built.load_state_dict(load_network(self.preset, self.start, network).state_dict())
        return built

    def frozen(self, network: str) -> nn.Module:
        """A network an earlier stage has finished."""
        return load_network(self.preset, self.out, network).to(self.device).requires_grad_(requires_grad=False)

    def autoencoder(self) -> Any:  # noqa: ANN401 - diffusers' classes are untyped
        """What the `vae` stage left, channels last."""
        built: Any = build_decoder(self.preset)
        built.load_state_dict(load_file(weights_file(self.out, AUTOENCODER)))
        return built.to(self.device, memory_format=torch.channels_last).eval()

    def train(self, objective: Objective, progress: Progress | None = None) -> None:
        """Bring an objective to the end of its plan; the cores it may use are read from `threads_file` as it goes."""
        plan = self.plan(objective.name)
        Loop(
            objective,
            plan,
            self.out,
            self.seed,
            between=lambda: self.take_threads(objective.name),
            progress=progress,
        ).run()
        plot_log(self.out / f"{objective.name}.jsonl", self.out / f"loss-{objective.name}.png")

    def threads_file(self, stage: str) -> Path:
        """Where a running stage is told how many threads to use."""
        return self.out / f"{stage}.threads"

    def take_threads(self, stage: str) -> None:
        """Use as many threads from now on as a running stage was told, if it was."""
        file = self.threads_file(stage)
        if file.exists() and (told := file.read_text().strip()):
            torch.set_num_threads(int(told))

    def finish(self, stage: str, module: nn.Module, network: str) -> None:
        """Save a stage's network and remember that the stage is done."""
        save_network(module, self.out, network)
        self._done_file(stage).touch()

    def is_finished(self, stage: str) -> bool:
        """Whether a stage is trained."""
        return self._done_file(stage).exists()

    def wait_for(self, stage: str) -> None:
        """Return when a stage is trained, if by another process."""
        if not self.is_finished(stage):
            print(f"waiting for {stage}", flush=True)
        while not self.is_finished(stage):
            time.sleep(_LOOK)

    def _done_file(self, stage: str) -> Path:
        return self.out / f"{stage}.done"

    def prepare(self) -> None:
        """Make the folder, with the tokenizer of published weights in it where a run starts from those.

        Raises:
            WeightsError: a published file is missing.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        if self.start is None:
            return
        for file in (self.start / TOKENIZER_FILE, *(weights_file(self.start, network) for network in NETWORKS)):
            if not file.is_file():
                raise WeightsError(f"{file} does not exist: --from wants a folder of published weights")
        if not (self.out / TOKENIZER_FILE).exists():
            _copy(self.start / TOKENIZER_FILE, self.out / TOKENIZER_FILE)


def _copy(source: Path, target: Path) -> None:
    """Two stages may prepare one folder at the same time: each file is there whole or not at all."""
    unfinished = target.with_suffix(".partial")
    shutil.copyfile(source, unfinished)
    unfinished.replace(target)
