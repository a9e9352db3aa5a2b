"""How many of the subjects asked for a picture shows, by pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from export.training.judge import Verdict, judge, judge_background
from export.training.unimo.example import Example


@dataclass(frozen=True, slots=True)
class Judged:
    """A picture of an example, a verdict for each of its subjects, and whether its background's colour is right."""

    example: Example
    picture: NDArray[np.uint8]
    verdicts: list[Verdict]
    background: bool

    @property
    def kept(self) -> bool:
        """Every subject is there in its shape, colour and place."""
        return all(verdict.right and verdict.position for verdict in self.verdicts)


def judge_all(examples: Sequence[Example], pictures: Sequence[NDArray[np.uint8]]) -> list[Judged]:
    """Each picture by its example's scene."""
    return [
        Judged(example, picture, judge(picture, example.scene), judge_background(picture, example.scene))
        for example, picture in zip(examples, pictures, strict=True)
    ]


def scores(judged: Sequence[Judged]) -> dict[str, float]:
    """Shares, 0 to 1, of subjects (colour, shape and colour, these in place) and of whole pictures by their subjects.

    ValueError where nothing was judged.
    """
    if not judged:
        raise ValueError("judged: there are no pictures")
    subjects = [verdict for each in judged for verdict in each.verdicts]
    shares = {
        "colour": _share(verdict.colour for verdict in subjects),
        "shape": _share(verdict.right for verdict in subjects),
        "place": _share(verdict.right and verdict.position for verdict in subjects),
        "background": _share(each.background for each in judged),
    }
    for name, number in (("one", 1), ("both", 2)):
        counted = [each.kept for each in judged if len(each.verdicts) == number]
        shares |= {name: _share(counted)} if counted else {}
    return shares


def _share(answers: Iterable[bool]) -> float:
    return float(np.mean(list(answers)))
