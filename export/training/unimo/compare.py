"""The comparison: arms trained from one start on the same batches, each scored on held-out prompts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from export.presets import Preset
from export.reference.picture import Painter
from export.tokenizer import Tokenizer
from export.training.unimo.arm import Arm, Recipe, build_painting, objective_of, train
from export.training.unimo.dataset import Dataset, load_dataset
from export.training.unimo.example import examples, held_out
from export.training.unimo.held_out import measure, whole_draws
from export.training.unimo.objective import Painting
from export.training.unimo.probe import probe
from export.training.unimo.sampler import Sampler
from export.training.unimo.scoring import Judged, judge_all
from export.training.world.splits import Split
from export.weights import TOKENIZER_FILE, load_network

_PROBED = 400
START = Arm("start", hidden=False, attention=False)


@dataclass(frozen=True, slots=True)
class Bench:
    """What all arms share: where they start, what they learn from and what they are asked."""

    preset: Preset
    weights: Path
    train: Dataset
    test: Dataset
    recipe: Recipe
    device: torch.device


@dataclass(frozen=True, slots=True)
class Outcome:
    """One arm: pictures of prompts with segments and in words alone, held-out measures, a probe, and its seconds."""

    arm: Arm
    references: list[Judged]
    words: list[Judged]
    measures: dict[str, float]
    probe: dict[str, float]
    wall: float
    cpu: float


def open_bench(
    preset: Preset, weights: Path, recipe: Recipe, *, count: int, each: int, cache: Path, device: torch.device
) -> Bench:
    """`count` training examples, and `each` held-out ones of one subject and of two."""
    tokenizer = Tokenizer.load(weights / TOKENIZER_FILE, preset.language.text_vocab)
    known = list(islice(examples(Split.TRAIN), count))
    sets = [
        load_dataset(preset, weights, some, tokenizer, cache=cache, device=device) for some in (known, held_out(each))
    ]
    return Bench(preset, weights, sets[0], sets[1], recipe, device)


def compare(bench: Bench, arms: Sequence[Arm], out: Path) -> Iterator[Outcome]:
    """The start as published, then each of `arms` trained to the end of the recipe; checkpoints and logs in `out`."""
    untrained = build_painting(START, bench.preset, bench.weights, bench.recipe.trained)
    yield outcome_of(bench, START, untrained)
    for arm in arms:
        painting = build_painting(arm, bench.preset, bench.weights, bench.recipe.trained)
        objective = objective_of(arm, painting, bench.preset, bench.train, bench.recipe, device=bench.device)
        loop = train(objective, bench.recipe, out)
        yield outcome_of(bench, arm, painting, loop.wall, loop.cpu)


def outcome_of(bench: Bench, arm: Arm, painting: Painting, wall: float = 0.0, cpu: float = 0.0) -> Outcome:
    """Score one arm as it is."""
    held = objective_of(arm, painting, bench.preset, bench.test, bench.recipe, device=bench.device)
    sampler = Sampler(bench.preset, painting, load_network(bench.preset, bench.weights, "decoder"), bench.device)
    references, words = (_painted(bench, sampler, replaced=replaced) for replaced in (True, False))
    known = min(len(bench.train.examples), _PROBED)
    read = probe(painting.conditioning.language, bench.train, bench.test, known, hidden=arm.hidden)
    return Outcome(arm, references, words, measure(held), read, wall, cpu)


def _painted(bench: Bench, sampler: Sampler, *, replaced: bool) -> list[Judged]:
    draws = whole_draws(bench.test, replaced=replaced)
    prompts = [bench.test.prompt(draw, opens_image=sampler.opens_image) for draw in draws]
    return judge_all(bench.test.examples, sampler.paint(prompts, range(len(prompts))))


def ceiling(bench: Bench) -> list[Judged]:
    """The held-out pictures themselves through the VAE: no arm can show more."""
    painter = Painter(bench.preset, torch.nn.Identity(), load_network(bench.preset, bench.weights, "decoder"))
    pictures: list[NDArray[np.uint8]] = [np.asarray(painter.decode(each.float())) for each in bench.test.latents]
    return judge_all(bench.test.examples, pictures)
