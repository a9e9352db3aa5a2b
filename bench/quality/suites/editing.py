"""Editing: is the change done, and is the rest kept?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from bench.quality.measures.signal import bounded_psnr
from bench.quality.picture import Picture, resized
from bench.quality.subjects.subject import Subject
from bench.quality.suites.scenes import Changed, painted
from bench.quality.suites.score import Better, Outcome, Score
from export.training.judge import judge, judge_background
from export.training.sheet import Tile
from export.training.world import Scene, render
from export.training.world.render import coverage
from export.training.world.scene import SIDE

SUITE = "editing"
RECOLOUR: Final = "a thing's colour"
BACKGROUND: Final = "the background's colour"
DONE: Final = "change done"
KEPT: Final = "rest kept"
BOTH: Final = "change done and all the rest kept"
KEPT_PSNR: Final = "PSNR of the rest, dB"
_SHOWN = 8


def editing(subject: Subject, changes: Iterable[Changed], *, side: int, seed: int) -> Outcome:
    """Each request beside its scene's true picture of `side` pixels; change i has the noise of `seed` + i.

    Changed: the thing is there in its shape and new colour, or the background has its new colour. Kept: the share of
    the other things that are still in place, shape and colour, and of the background if it was not to change; and
    the PSNR between the true picture before and the answer on the pixels that were to stay.
    """
    values: dict[tuple[str, str], list[float]] = {}
    outcome = Outcome()
    for number, change in enumerate(tqdm(list(changes), SUITE, unit="edit")):
        before = painted(change.scene, side)
        after = resized(subject.compose((before, change.edit.request), seed + number), SIDE)
        row = measure(change, after)
        setting = BACKGROUND if _new_background(change) else RECOLOUR
        for name, value in row.items():
            values.setdefault((setting, name), []).append(value)
        if number < _SHOWN:
            right = row[BOTH] == 1
            shown = resized(before, SIDE)
            outcome.tiles.extend([Tile("before", shown), Tile(change.edit.request, after, right=right)])
    outcome.scores.extend(
        Score.mean(SUITE, setting, name, found, Better.HIGHER) for (setting, name), found in sorted(values.items())
    )
    return outcome


def measure(change: Changed, after: Picture) -> dict[str, float]:
    """One answer's numbers, for a picture [128, 128, 3]."""
    wanted = change.edit.result
    verdicts = judge(after, wanted)
    background = judge_background(after, wanted)
    if _new_background(change):
        done, kept = background, [verdict.right and verdict.position for verdict in verdicts]
    else:
        pairs = list(zip(change.scene.things, wanted.things, verdicts, strict=True))
        done = all(verdict.right for old, new, verdict in pairs if old != new)
        kept = [verdict.right and verdict.position for old, new, verdict in pairs if old == new] + [background]
    share = float(np.mean(kept))
    psnr = bounded_psnr(render(change.scene), after, ~_touched(change))
    return {DONE: float(done), KEPT: share, BOTH: float(done and share == 1), KEPT_PSNR: psnr}


def _new_background(change: Changed) -> bool:
    return change.scene.background != change.edit.result.background


def _touched(change: Changed) -> NDArray[np.bool_]:
    """The pixels [128, 128] that the request is about; borders that are blended with them belong to them."""
    if _new_background(change):
        return ~_covered(change.scene, [True] * len(change.scene.things), 1.0)
    pairs = zip(change.scene.things, change.edit.result.things, strict=True)
    return _covered(change.scene, [old != new for old, new in pairs], 1e-9)


def _covered(scene: Scene, chosen: list[bool], least: float) -> NDArray[np.bool_]:
    """Pixels of which the chosen things cover at least the share `least`."""
    mask = np.zeros((SIDE, SIDE), bool)
    for thing, wanted in zip(scene.things, chosen, strict=True):
        if wanted:
            box, share = coverage(thing)
            mask[box] |= share >= least
    return mask
