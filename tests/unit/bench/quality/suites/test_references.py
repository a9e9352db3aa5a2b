from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from bench.quality.subjects.message import Message, Reply
from bench.quality.suites.references import (
    AGREEMENT,
    COLOUR,
    KEPT,
    LOOKS,
    SEVERAL,
    SINGLE,
    references,
)
from bench.quality.suites.sightings import T_REFS, Sighted, number_of, setting_of, several, single
from export.training.judge import judge
from export.training.world import Scene, Split, render
from export.training.world.splits import split_of
from export.weights import Networks
from tests.unit.bench.quality.suites.oracle import Oracle, instruments, values

LONE = list(single(2))
GROUPS = list(several(1))


def painting(cases: list[Sighted]) -> Oracle:
    scenes = {case.words: case.scene for case in cases}

    def responds(message: Message) -> Reply:
        scene = scenes["".join(piece for piece in message.content if isinstance(piece, str))]
        return Reply(picture=render(scene))

    return Oracle(responds)


def copying() -> Oracle:
    """Gives the first reference back as it stands."""
    return Oracle(lambda message: Reply(picture=next(p for p in message.content if not isinstance(p, str))))


def test_every_t_ref_asks_for_the_same_scenes_with_other_segments() -> None:
    assert [case.setting for case in LONE] == [setting_of(t_ref) for t_ref in T_REFS] * 2
    assert len({case.scene for case in LONE}) == len({case.words for case in LONE}) == 2
    assert len({case.segments[0].tobytes() for case in LONE[:4]}) == 4
    assert [case.number for case in LONE] == [0] * 4 + [1] * 4
    for case in LONE:
        assert split_of(case.scene) is Split.HELD_OUT
    # Two frames later a thing has hardly turned.
    assert all(judge(case.segments[0], case.scene)[0].right for case in LONE if case.setting == setting_of(2))


@pytest.mark.parametrize("case", [*LONE, *GROUPS])
def test_how_a_shown_thing_looks_is_told_by_its_picture_alone(case: Sighted) -> None:
    said = set(re.findall(r"\w+", case.words))
    for thing in case.scene.things:
        assert said.isdisjoint({thing.shape, thing.colour})
        assert thing.position in case.words
    assert f"{case.scene.background.colour} background" in case.words


def test_groups_have_one_to_three_references_where_they_are_meant() -> None:
    assert [case.setting for case in GROUPS] == [number_of(size) for size in (1, 2, 3)]
    for size, case in enumerate(GROUPS, 1):
        shown = [piece for piece in case.content if not isinstance(piece, str)]
        assert len(shown) == len(case.segments) == len(case.scene.things) == size
        assert all(np.array_equal(a, b) for a, b in zip(shown, case.segments, strict=True))


@pytest.mark.parametrize(("suite", "cases"), [(SINGLE, LONE), (SEVERAL, GROUPS)])
def test_true_pictures_keep_everything(suite: str, cases: list[Sighted], networks: Networks) -> None:
    tools = instruments(networks)
    oracle = painting(cases)
    outcome = references(oracle, suite, cases, tools, seed=3)
    assert oracle.seeds == [3 + case.number for case in cases]
    value = values(outcome)
    for setting in {case.setting for case in cases}:
        assert [value[setting, measure] for measure in (KEPT, LOOKS, COLOUR, AGREEMENT)] == [1, 1, 1, 1]
        # Its tower is random: a cosine of either sign.
        assert -1 < value[setting, tools.likeness.name] < 1


def test_a_copied_segment_is_most_alike_and_keeps_its_looks_but_agrees_with_nothing(networks: Networks) -> None:
    tools = instruments(networks)
    copied = values(references(copying(), SINGLE, LONE, tools, seed=0))
    assert copied[setting_of(2), KEPT] == 1
    for t_ref in T_REFS:
        assert copied[setting_of(t_ref), tools.likeness.name] == pytest.approx(1)
        assert copied[setting_of(t_ref), AGREEMENT] < 1


def test_one_of_two_that_is_lost_is_not_kept(networks: Networks) -> None:
    pair = [case for case in GROUPS if len(case.segments) == 2]
    half: Scene = replace(pair[0].scene, things=pair[0].scene.things[:1])
    oracle = Oracle(lambda message: Reply(picture=render(half)))
    value = values(references(oracle, SEVERAL, pair, instruments(networks), seed=0))
    assert value[number_of(2), KEPT] == 0
    assert value[number_of(2), AGREEMENT] == pytest.approx(2 / 3)
