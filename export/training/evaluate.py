"""`python -m export.training.evaluate`: held-out prompts through the whole path, judged on pixels.

Prompt self-rewriting (top-p 0.9, temperature 0.8), 64 features, Euler steps, VAE; then the pixel check asks for the
shape and colour of everything the brief names, and the facts check reads the rewrite.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from export import presets
from export.reference import Reference, Sampling
from export.training.facts import Grammar, keeps_facts, parse_dense
from export.training.judge import Verdict, judge, judge_background
from export.training.sheet import Tile, save_sheet
from export.training.world import Brief, Scene, Split, brief_of, scene_at
from export.weights import default_folder


class Painter(Protocol):
    """What is evaluated: a brief and a seed to the rewrite's text and a picture [128, 128, 3]."""

    def __call__(self, brief: str, seed: int) -> tuple[str, NDArray[np.uint8]]:
        """Paint one prompt."""


@dataclass(frozen=True, slots=True)
class Result:
    """One prompt, its answer, and what is right about it.

    `asked` judges the picture by the brief, `told` by the picture's own rewrite.
    """

    brief: Brief
    dense: str
    picture: NDArray[np.uint8]
    facts: bool
    asked: list[Verdict]
    told: list[Verdict]
    background: bool

    @property
    def right(self) -> bool:
        """Every thing the brief names is there in its shape and colour."""
        return all(verdict.right for verdict in self.asked)


def held_out_briefs(count: int) -> Iterator[Brief]:
    """Prompts of one or two things whose seeds and combinations no training has seen."""
    for index in range(count):
        scene = scene_at(Split.HELD_OUT, index, counts=(50, 50))
        yield brief_of(scene, Random(f"brief/{index}"))  # noqa: S311 - seeded prompts


def judge_answer(brief: Brief, dense: str, picture: NDArray[np.uint8], grammar: Grammar) -> Result:
    """Hold one answer against its brief and its own rewrite."""
    told: Scene | None = parse_dense(dense, grammar)
    background = told is not None and judge_background(picture, told)
    verdicts = judge(picture, told) if told else []
    return Result(brief, dense, picture, keeps_facts(brief, told), judge(picture, brief.scene), verdicts, background)


def reference_painter(reference: Reference, steps: int | None, guidance: float | None) -> Painter:
    """The reference implementation as a painter; steps and guidance default to the preset's."""

    def paint(brief: str, seed: int) -> tuple[str, NDArray[np.uint8]]:
        turn = reference.rewrite(brief, [Sampling(seed=seed)])[0]
        assert turn.features is not None
        picture = reference.paint(turn.features, seed, steps, guidance)
        return reference.text(turn), np.asarray(picture)

    return paint


def summarise(results: list[Result]) -> dict[str, float]:
    """Shares, 0 to 1."""
    asked = [verdict for result in results for verdict in result.asked]
    told = [verdict for result in results for verdict in result.told]
    return {
        "prompts": len(results),
        "prompts_all_right": float(np.mean([result.right for result in results])),
        "things_shape_and_colour": float(np.mean([verdict.right for verdict in asked])),
        "things_colour": float(np.mean([verdict.colour for verdict in asked])),
        "facts_kept": float(np.mean([result.facts for result in results])),
        "told_shape_and_colour": float(np.mean([verdict.right for verdict in told])),
        "told_position": float(np.mean([verdict.right and verdict.position for verdict in told])),
        "told_size": float(np.mean([verdict.right and verdict.size for verdict in told])),
        "told_background": float(np.mean([result.background for result in results])),
    }


def evaluate(painter: Painter, count: int) -> list[Result]:
    """Answer and judge `count` held-out prompts."""
    grammar = Grammar.of_world()
    briefs = tqdm(held_out_briefs(count), "evaluate", count, mininterval=5)
    return [judge_answer(brief, *painter(brief.text, seed), grammar) for seed, brief in enumerate(briefs)]


def write_report(results: list[Result], out: Path) -> dict[str, float]:
    """Write evaluation.json and a contact sheet, and return the summary."""
    summary = summarise(results)
    prompts = [{"brief": r.brief.text, "rewrite": r.dense, "right": r.right, "facts": r.facts} for r in results]
    (out / "evaluation.json").write_text(json.dumps({"summary": summary, "prompts": prompts}, indent=1) + "\n")
    save_sheet([Tile(r.brief.text, r.picture, right=r.right) for r in results[:48]], out / "evaluation.png")
    return summary


def main() -> None:
    """Evaluate a folder of weights."""
    parser = argparse.ArgumentParser(prog="python -m export.training.evaluate", description=__doc__)
    parser.add_argument("--preset", default="wegen-tiny", choices=presets.names())
    parser.add_argument("--weights", type=Path, default=None, help="default: the preset's own")
    parser.add_argument("--out", type=Path, default=Path(".cache/training/evaluation"))
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--steps", type=int, default=None, help="Euler steps; default: the preset's")
    parser.add_argument("--guidance", type=float, default=None, help="default: the preset's")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads, 0 for all")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    preset = presets.load(arguments.preset)
    reference = Reference(preset, arguments.weights or default_folder(preset))
    results = evaluate(reference_painter(reference, arguments.steps, arguments.guidance), arguments.prompts)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, value in write_report(results, arguments.out).items():
        print(f"{name:26} {value:.3f}")


if __name__ == "__main__":
    main()
