"""Restyling: the same scene in another style."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bench.quality.measures.agreement import share_in_place
from bench.quality.measures.signal import bounded_psnr
from bench.quality.picture import resized
from bench.quality.subjects.message import order
from bench.quality.subjects.subject import Subject
from bench.quality.suites.asking import pictures
from bench.quality.suites.scenes import Restyled, painted
from bench.quality.suites.score import Outcome, Tally
from export.training.judge import judge, judge_background, judge_scene
from export.training.sheet import Tile
from export.training.world import render
from export.training.world.scene import SIDE

SUITE = "restyling"
ALL = "all styles"
RIGHT: Final = "whole scene right in the new style"
PLACED: Final = "things in place, shape and colour, and background, in the new style"
PSNR: Final = "PSNR to the true picture, dB"
_SHOWN = 24


def restyling(subject: Subject, cases: Iterable[Restyled], *, side: int, seed: int) -> Outcome:
    """Each request beside its scene's true picture of `side` pixels; case i has the noise of `seed` + i."""
    tally, outcome = Tally(SUITE), Outcome()
    given = [(case, painted(case.scene, side)) for case in cases]
    messages = [order((before, case.restyling.request), seed + i) for i, (case, before) in enumerate(given)]
    for (case, before), answer in zip(given, pictures(subject, messages, SUITE), strict=True):
        after, wanted = resized(answer, SIDE), case.restyling.result
        right = judge_scene(after, wanted)
        placed = share_in_place(judge(after, wanted), background=judge_background(after, wanted))
        row = {RIGHT: right, PLACED: placed, PSNR: bounded_psnr(render(wanted), after)}
        tally.add((ALL, wanted.style), row)
        outcome.show(_SHOWN, Tile("before", before), Tile(case.restyling.request, answer, right=right))
    outcome.scores.extend(tally.scores())
    return outcome
