"""Condition-driven pictures: painted from edges or a depth map, with and without words (WeGen Fig. 3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from bench.quality.measures.agreement import share_of_facts
from bench.quality.measures.sight import things_in
from bench.quality.picture import Picture, resized
from bench.quality.subjects.message import order
from bench.quality.subjects.subject import Subject
from bench.quality.suites.asking import pictures
from bench.quality.suites.scenes import Sketched
from bench.quality.suites.score import Outcome, Tally
from export.training.sheet import Tile
from export.training.world import Scene
from export.training.world.scene import SIDE

SUITE = "conditions"
STRUCTURE: Final = "all shapes in their places"
SHARE: Final = "shapes in their places"
RIGHT: Final = "structure and words right"
_SHOWN = 24


def conditions(subject: Subject, cases: Iterable[Sketched], *, side: int, seed: int) -> Outcome:
    """Each map of `side` pixels with its request; case i has the noise of `seed` + i.

    Structure asks for a thing of the right shape in every place, of whatever colour; what the words of a request say is
    held against the picture besides.
    """
    tally, outcome = Tally(SUITE), Outcome()
    given = [(case, resized(case.map, side)) for case in cases]
    messages = [order((sketch, case.request), seed + i) for i, (case, sketch) in enumerate(given)]
    for (case, sketch), answer in zip(given, pictures(subject, messages, SUITE), strict=True):
        after = resized(answer, SIDE)
        share = _structure(after, case.scene)
        row: dict[str, float] = {STRUCTURE: share == 1, SHARE: share}
        if case.brief:
            row[RIGHT] = share == 1 and share_of_facts(after, case.brief) == 1
        tally.add((case.setting,), row)
        outcome.show(_SHOWN, Tile(case.request, sketch), Tile("answer", answer, right=share == 1))
    outcome.scores.extend(tally.scores())
    return outcome


def _structure(picture: Picture, scene: Scene) -> float:
    """The share of the scene's things whose shape stands in its place on the picture."""
    found = {(region.shape, region.position) for region in things_in(picture, scene.style)}
    return float(np.mean([(thing.shape, thing.position) in found for thing in scene.things]))
