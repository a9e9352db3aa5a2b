"""Diversity with and without PSR and by sampling strategy: the shapes of WeGen's Tables 3 and 5."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from tqdm import tqdm

from bench.quality.measures.agreement import share_of_facts
from bench.quality.measures.likeness import cosines
from bench.quality.measures.pairs import mean_over_pairs
from bench.quality.measures.signal import bounded_psnr
from bench.quality.picture import Picture
from bench.quality.subjects.strategy import STRATEGIES, Strategy
from bench.quality.subjects.subject import Subject
from bench.quality.suites.instruments import Instruments
from bench.quality.suites.score import Better, Outcome, Score
from export.training.sheet import Tile
from export.training.world import Brief

SUITE = "diversity"
PSNR_D = "PSNR_d, dB"
AGREEMENT = "prompt's facts shown"
CLIP_T = "CLIP-T"
_SHOWN_PROMPTS = 2


@dataclass(slots=True)
class _Values:
    """One strategy's numbers, a value a prompt."""

    psnr: list[float] = field(default_factory=list)
    perceptual: list[float] = field(default_factory=list)
    agreement: list[float] = field(default_factory=list)
    clip: list[float] = field(default_factory=list)


def diversity(
    subject: Subject,
    briefs: Iterable[Brief],
    instruments: Instruments,
    *,
    samples: int,
    seed: int,
    strategies: Sequence[Strategy] = STRATEGIES,
) -> Outcome:
    """`samples` pictures of every brief by every strategy, with the same seeds for all strategies.

    Sample i of prompt p has the seed `seed` + p * `samples` + i. PSNR_d and LPIPS_d are means over the pairs of a
    prompt's samples, then over prompts. InvalidArgumentError for fewer than two samples.
    """
    outcome, prompts = Outcome(), list(briefs)
    for strategy in strategies:
        values = _Values()
        for number, brief in enumerate(tqdm(prompts, f"{SUITE}, {strategy.name}", unit="prompt")):
            seeds = range(seed + number * samples, seed + (number + 1) * samples)
            pictures = [subject.paint(brief.text, strategy, each).picture for each in seeds]
            _measure(values, brief, pictures, instruments)
            if number < _SHOWN_PROMPTS:
                outcome.tiles.extend(Tile(f"{strategy.name}: {brief.text}", picture) for picture in pictures)
        outcome.scores.extend(_scores(strategy, values, instruments))
    return outcome


def _measure(values: _Values, brief: Brief, pictures: Sequence[Picture], instruments: Instruments) -> None:
    values.psnr.append(mean_over_pairs(pictures, bounded_psnr))
    values.perceptual.append(mean_over_pairs(pictures, instruments.perceptual))
    values.agreement.append(float(np.mean([share_of_facts(picture, brief) for picture in pictures])))
    if instruments.clip:
        texts = instruments.clip.texts([brief.text] * len(pictures))
        values.clip.append(float(cosines(instruments.clip.pictures(pictures), texts).mean()))


def _scores(strategy: Strategy, values: _Values, instruments: Instruments) -> list[Score]:
    rows = [
        (PSNR_D, values.psnr, Better.LOWER),
        (f"{instruments.perceptual.name}_d", values.perceptual, Better.HIGHER),
        (AGREEMENT, values.agreement, Better.HIGHER),
        (CLIP_T, values.clip, Better.HIGHER),
    ]
    return [Score.mean(SUITE, strategy.name, name, found, better) for name, found, better in rows if found]
