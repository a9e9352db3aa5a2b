"""Instances that cannot be learned from are thrown away, each for its reason."""

from __future__ import annotations

import numpy as np
import pytest

from export.training.diic.box import Box
from export.training.diic.checks import Limits, Verdict, judge, whole_share
from export.training.diic.sources import Mask


def block(top: int, left: int, height: int, width: int) -> Mask:
    mask = np.zeros((100, 100), bool)
    mask[max(0, top) : max(0, top + height), max(0, left) : max(0, left + width)] = True
    return mask


FIRST = block(40, 40, 20, 20)
BOX = Box(40, 40, 60, 60)
SPLIT = block(40, 40, 20, 8) | block(40, 52, 20, 8)


@pytest.mark.parametrize(
    ("box", "later", "verdict"),
    [
        (BOX, block(30, 10, 22, 20), Verdict.KEPT),
        (None, FIRST, Verdict.UNFOUND),
        (Box(0, 0, 20, 20), FIRST, Verdict.STRAY),
        (BOX, block(0, 0, 0, 0), Verdict.GONE),
        (BOX, block(-10, 40, 20, 20), Verdict.CUT),
        (BOX, block(40, 40, 40, 4), Verdict.SMALL),
        (BOX, block(40, 40, 19, 10), Verdict.HIDDEN),
        (BOX, SPLIT, Verdict.HIDDEN),
        (BOX, block(10, 10, 40, 40), Verdict.GROWN),
    ],
)
def test_every_fault_has_its_verdict(box: Box | None, later: Mask, verdict: Verdict) -> None:
    assert judge(box, FIRST, later, Limits()) is verdict


def test_an_instance_behind_another_is_hidden_however_it_grew() -> None:
    others = block(30, 26, 24, 28)
    crescent = block(40, 20, 24, 40) & ~others
    assert judge(BOX, FIRST, crescent, Limits(), others) is Verdict.HIDDEN
    assert judge(BOX, FIRST, crescent, Limits(crowded=0.5), others) is Verdict.KEPT


def test_limits_move_the_verdict() -> None:
    cut = block(-10, 40, 20, 20)
    assert judge(BOX, FIRST, cut, Limits(edge=0.4)) is Verdict.KEPT
    assert judge(BOX, FIRST, FIRST, Limits(area=0.05)) is Verdict.SMALL


def test_an_instance_too_small_in_the_first_frame_is_small() -> None:
    speck = block(50, 50, 4, 4)
    assert judge(Box(50, 50, 54, 54), speck, speck, Limits()) is Verdict.SMALL


def test_pieces_that_touch_at_a_corner_are_one() -> None:
    assert whole_share(block(0, 0, 5, 5) | block(5, 5, 5, 5)) == 1.0
    assert whole_share(SPLIT) == 0.5
