from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from bench.quality.suites.editing import ALL, BOTH, DONE, KEPT, KEPT_PSNR, PLACED, editing, measure
from bench.quality.suites.scenes import Changed, edits, painted
from export.signal import IDENTICAL_DB
from export.training.talk.edits import Edit, EditKind, edit_of
from export.training.world import Background, Scene, Thing, render
from tests.unit.bench.quality.suites.oracle import knowing, values

HEART, SQUARE = Thing("heart", "red", "large", "top", "plain"), Thing("square", "blue", "large", "bottom", "striped")
SCENE = Scene((HEART, SQUARE), Background("white", "plain"))
GREEN = replace(SCENE, things=(replace(HEART, colour="green"), SQUARE))
RECOLOURED = Changed(SCENE, Edit("Make the heart green.", GREEN, EditKind.RECOLOUR))
CHANGES = list(edits(24))


def change_of(kind: EditKind) -> Changed:
    edit = edit_of(SCENE, Random(0), kind)
    assert edit is not None
    return Changed(SCENE, edit)


def test_the_true_answer_does_every_kind_of_change_and_keeps_the_rest() -> None:
    oracle = knowing(((painted(c.scene, 128), c.edit.request), render(c.edit.result)) for c in CHANGES)
    outcome = editing(oracle, CHANGES, side=128, seed=3)
    value = values(outcome)
    assert {setting for setting, _ in value} == {ALL, *EditKind}
    assert {score.count for score in outcome.scores if score.setting != ALL} == {4}
    for measured in (DONE, KEPT, PLACED, BOTH):
        assert value[ALL, measured] == 1
    assert value[ALL, KEPT_PSNR] == IDENTICAL_DB
    assert oracle.seeds == list(range(3, 27))


@pytest.mark.parametrize("kind", EditKind)
def test_doing_nothing_changes_nothing(kind: EditKind) -> None:
    found = measure(change_of(kind), render(SCENE))
    assert (found[DONE], found[BOTH], found[KEPT_PSNR]) == (0, 0, IDENTICAL_DB)
    assert found[KEPT] == 1


@pytest.mark.parametrize("kind", EditKind)
def test_a_change_in_another_scene_keeps_nothing(kind: EditKind) -> None:
    change = change_of(kind)
    things = (Thing("ring", "cyan", "small", "left", "plain"),)
    found = measure(change, render(Scene(things, Background("black", "plain"))))
    assert found[KEPT] == 0
    assert found[BOTH] == 0


@pytest.mark.parametrize(
    ("spoiled", "kept", "placed"),
    [
        ((replace(HEART, colour="green"), replace(SQUARE, position="bottom left")), 2 / 3, False),
        ((replace(HEART, colour="green"), replace(SQUARE, size="small")), 2 / 3, True),
        ((replace(HEART, colour="green"), replace(SQUARE, texture="plain")), 2 / 3, True),
        ((replace(HEART, colour="green", position="top right"), SQUARE), 2 / 3, False),
        ((replace(HEART, colour="green"),), 2 / 3, False),
        ((replace(HEART, colour="green"), SQUARE, Thing("ring", "cyan", "small", "left", "plain")), 1, False),
    ],
)
def test_a_change_that_spoils_the_rest_is_seen(spoiled: tuple[Thing, ...], kept: float, *, placed: bool) -> None:
    found = measure(RECOLOURED, render(replace(GREEN, things=spoiled)))
    assert (found[DONE], found[BOTH], found[PLACED]) == (1, 0, placed)
    assert found[KEPT] == pytest.approx(kept)
    assert found[KEPT_PSNR] < IDENTICAL_DB


def test_a_thing_that_was_moved_must_not_stay_behind_too() -> None:
    moved = replace(HEART, position="left")
    change = Changed(SCENE, Edit("Move the heart left.", replace(SCENE, things=(moved, SQUARE)), EditKind.MOVE))
    assert measure(change, render(change.edit.result))[BOTH] == 1
    assert measure(change, render(replace(SCENE, things=(moved, SQUARE, HEART))))[BOTH] == 0
