"""Subjects shown as pictures and painted in a new scene: one by t_ref (WeGen Table 4), several by their number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from bench.quality.measures.sight import things_in
from bench.quality.picture import Picture, resized
from bench.quality.subjects.message import order
from bench.quality.subjects.subject import Subject
from bench.quality.suites.asking import pictures
from bench.quality.suites.fidelity import fidelity, real_embeddings
from bench.quality.suites.instruments import Instruments
from bench.quality.suites.score import Outcome, Tally
from bench.quality.suites.sightings import Sighted
from export.training.judge import judge, judge_background
from export.training.sheet import Tile
from export.training.world.scene import SIDE

SINGLE, SEVERAL = "single-subject", "multi-subject"
KEPT: Final = "shape, colour and texture kept"
LOOKS: Final = "shape and colour kept"
COLOUR: Final = "colour kept"
AGREEMENT: Final = "places and background as said"
_SHOWN = 16


def references(
    subject: Subject, suite: str, cases: Iterable[Sighted], instruments: Instruments, *, seed: int
) -> Outcome:
    """A picture a case, with the noise of `seed` + its number. What is kept counts only where all references keep it.

    Fidelity by encoder compares the whole answer with each reference, as DreamBench does; the judge looks for each
    thing in the new scene. Agreement asks only whether something stands in each place and what the background's colour
    is: a segment that is copied as it stands keeps its looks and has no agreement.
    """
    tally, outcome, sighted = Tally(suite), Outcome(), list(cases)
    messages = [order(case.content, seed + case.number) for case in sighted]
    for case, picture in zip(sighted, pictures(subject, messages, suite), strict=True):
        real = [real_embeddings(instruments.fidelity, [segment]) for segment in case.segments]
        (encoded,) = fidelity(instruments, [picture], real, case.words)
        row = _judged(case, resized(picture, SIDE))
        tally.add((case.setting,), {**row, **encoded})
        right = bool(row[KEPT])
        shown = [Tile(f"{case.setting}, reference", segment) for segment in case.segments]
        outcome.show(_SHOWN, *shown, Tile(case.words, picture, right=right), setting=case.setting)
    outcome.scores.extend(tally.scores())
    return outcome


def _judged(case: Sighted, picture: Picture) -> dict[str, float]:
    verdicts = judge(picture, case.scene)
    shown = [verdicts[number] for number in case.shown]
    places = {region.position for region in things_in(picture)}
    agreed = [*(thing.position in places for thing in case.scene.things), judge_background(picture, case.scene)]
    return {
        KEPT: all(verdict.right and verdict.texture for verdict in shown),
        LOOKS: all(verdict.right for verdict in shown),
        COLOUR: all(verdict.colour for verdict in shown),
        AGREEMENT: float(np.mean(agreed)),
    }
