"""Restoration: damaged pictures of held-out scenes, mended on request (WeGen Fig. 3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bench.quality.measures.signal import bounded_psnr
from bench.quality.picture import resized
from bench.quality.subjects.message import order
from bench.quality.subjects.subject import Subject
from bench.quality.suites.asking import pictures
from bench.quality.suites.scenes import Damaged, painted
from bench.quality.suites.score import Outcome, Tally
from export.training.judge import judge_scene
from export.training.sheet import Tile
from export.training.world.scene import SIDE

SUITE = "restoration"
GIVEN: Final = "PSNR of the damaged picture, dB"
ANSWER: Final = "PSNR of the answer, dB"
GAIN: Final = "PSNR gained, dB"
BETTER: Final = "answers better than what they were given"
RIGHT: Final = "whole scene right"
_SHOWN = 24


def restoration(subject: Subject, cases: Iterable[Damaged], *, side: int, seed: int) -> Outcome:
    """Each damaged picture of `side` pixels with its request; case i has the noise of `seed` + i.

    Both pictures are held against the true one, the answer at that one's size.
    """
    tally, outcome = Tally(SUITE), Outcome()
    given = [(case, truth, case.picture(truth)) for case in cases for truth in (painted(case.scene, side),)]
    messages = [order((damaged, case.request), seed + i) for i, (case, _, damaged) in enumerate(given)]
    for (case, truth, damaged), answer in zip(given, pictures(subject, messages, SUITE), strict=True):
        before, after = bounded_psnr(damaged, truth), bounded_psnr(resized(answer, side), truth)
        right = judge_scene(resized(answer, SIDE), case.scene)
        row = {GIVEN: before, ANSWER: after, GAIN: after - before, BETTER: after > before, RIGHT: right}
        tally.add((case.kind.value,), row)
        outcome.show(_SHOWN, Tile(case.request, damaged), Tile("answer", answer, right=after > before))
    outcome.scores.extend(tally.scores())
    return outcome
