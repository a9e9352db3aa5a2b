from __future__ import annotations

import numpy as np
import pytest

from bench.quality.suites.restoration import ANSWER, BETTER, GAIN, GIVEN, RIGHT, restoration
from bench.quality.suites.scenes import damages, painted
from export.signal import IDENTICAL_DB
from export.training.world.damage import Damage
from tests.unit.bench.quality.suites.oracle import black, knowing, values

CASES = list(damages(10))


def test_the_true_picture_is_better_than_every_damaged_one() -> None:
    truths = [painted(case.scene, 128) for case in CASES]
    asked = [(case.picture(truth), case.request) for case, truth in zip(CASES, truths, strict=True)]
    oracle = knowing(zip(asked, truths, strict=True))
    outcome = restoration(oracle, CASES, side=128, seed=2)
    value = values(outcome)
    assert {setting for setting, _ in value} == set(Damage)
    for kind in Damage:
        assert value[kind, ANSWER] == IDENTICAL_DB
        assert 5 < value[kind, GIVEN] < 40
        assert value[kind, GAIN] == pytest.approx(IDENTICAL_DB - value[kind, GIVEN])
        assert value[kind, BETTER] == value[kind, RIGHT] == 1
    assert oracle.seeds == list(range(2, 12))


def test_giving_back_what_was_given_gains_nothing() -> None:
    given = [case.picture(painted(case.scene, 128)) for case in CASES]
    oracle = knowing(((picture, case.request), picture) for case, picture in zip(CASES, given, strict=True))
    value = values(restoration(oracle, CASES, side=128, seed=0))
    assert {value[kind, GAIN] for kind in Damage} == {0}
    assert {value[kind, BETTER] for kind in Damage} == {0}


def test_a_picture_is_damaged_the_same_way_every_time() -> None:
    truth = painted(CASES[0].scene, 128)
    np.testing.assert_array_equal(CASES[0].picture(truth), CASES[0].picture(truth))
    assert not np.array_equal(CASES[0].picture(truth), CASES[5].picture(truth))
    assert not np.array_equal(CASES[0].picture(truth), black())
