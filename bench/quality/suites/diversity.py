"""Diversity with and without PSR and by sampling strategy: the shapes of WeGen's Tables 3 and 5."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np

from bench.quality.measures.agreement import share_of_facts
from bench.quality.measures.likeness import cosines
from bench.quality.measures.pairs import mean_over_pairs
from bench.quality.measures.signal import bounded_psnr
from bench.quality.picture import Picture
from bench.quality.subjects.message import wish
from bench.quality.subjects.strategy import STRATEGIES, Strategy
from bench.quality.subjects.subject import Subject
from bench.quality.suites.asking import pictures
from bench.quality.suites.instruments import Instruments
from bench.quality.suites.score import Outcome, Tally
from export.training.sheet import Tile
from export.training.world import Brief
from services.errors import InvalidArgumentError

SUITE = "diversity"
PSNR_D = "PSNR_d, dB"
AGREEMENT = "prompt's facts shown"
CLIP_T = "CLIP-T"
_SHOWN_PROMPTS = 2


def perceptual_d(instruments: Instruments) -> str:
    """What the perceptual distance between samples is called: `LPIPS_d` with LPIPS's own weights."""
    return f"{instruments.perceptual.name}_d"


def is_perceptual(measure: str) -> bool:
    """Whether a measure's name is one that `perceptual_d` gives."""
    return measure.endswith("_d")


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
    if samples < 2:
        raise InvalidArgumentError("samples", f"{samples} of a prompt make no pair, at least 2 do")
    tally, outcome, prompts = Tally(SUITE, frozenset({PSNR_D})), Outcome(), list(briefs)
    for strategy in strategies:
        texts = [brief.text for brief in prompts for _ in range(samples)]
        messages = [wish(text, strategy, seed + number) for number, text in enumerate(texts)]
        painted = pictures(subject, messages, f"{SUITE}, {strategy.name}")
        for number, brief in enumerate(prompts):
            made = list(islice(painted, samples))
            tally.add((strategy.name,), _row(brief, made, instruments))
            if number < _SHOWN_PROMPTS:
                outcome.tiles.extend(Tile(f"{strategy.name}: {brief.text}", picture) for picture in made)
    outcome.scores.extend(tally.scores())
    return outcome


def _row(brief: Brief, made: Sequence[Picture], instruments: Instruments) -> dict[str, float]:
    """One prompt's numbers."""
    row = {
        PSNR_D: mean_over_pairs(made, bounded_psnr),
        perceptual_d(instruments): mean_over_pairs(made, instruments.perceptual),
        AGREEMENT: float(np.mean([share_of_facts(picture, brief) for picture in made])),
    }
    if instruments.clip:
        texts = instruments.clip.texts([brief.text] * len(made))
        row[CLIP_T] = float(cosines(instruments.clip.pictures(made), texts).mean())
    return row
