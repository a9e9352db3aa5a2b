from __future__ import annotations

from dataclasses import replace

import pytest

from bench.quality.measures.signal import IDENTICAL_DB
from bench.quality.suites.editing import BACKGROUND, BOTH, DONE, KEPT, KEPT_PSNR, RECOLOUR, editing, measure
from bench.quality.suites.scenes import Changed, edits
from export.training.talk.edits import Edit, EditKind
from export.training.world import Background, Scene, Thing, render
from tests.unit.bench.quality.suites.oracle import Oracle, shown

HEART, SQUARE = Thing("heart", "red", "large", "top", "plain"), Thing("square", "blue", "large", "bottom", "plain")
SCENE = Scene((HEART, SQUARE), Background("white", "plain"))
GREEN = replace(SCENE, things=(replace(HEART, colour="green"), SQUARE))
RECOLOURED = Changed(SCENE, Edit("Make the heart green.", GREEN, EditKind.RECOLOUR))
GRAY = replace(SCENE, background=Background("gray", "plain"))
NEW_BACKGROUND = Changed(SCENE, Edit("Make the background gray.", GRAY, EditKind.BACKGROUND))
CHANGES = list(edits(12))


def test_the_true_answer_does_the_change_and_keeps_the_rest() -> None:
    oracle = Oracle(shows=shown((c.scene, c.edit.request, render(c.edit.result)) for c in CHANGES))
    outcome = editing(oracle, CHANGES, side=128, seed=3)
    value = {(score.setting, score.measure): score.value for score in outcome.scores}
    assert {setting for setting, _ in value} == {RECOLOUR, BACKGROUND}
    for setting in (RECOLOUR, BACKGROUND):
        assert value[setting, DONE] >= 0.9
        assert value[setting, KEPT] >= 0.9
        assert value[setting, KEPT_PSNR] == IDENTICAL_DB
    assert oracle.seeds == list(range(3, 15))


@pytest.mark.parametrize("change", [RECOLOURED, NEW_BACKGROUND])
def test_doing_nothing_keeps_everything_and_changes_nothing(change: Changed) -> None:
    assert measure(change, render(SCENE)) == {DONE: 0, KEPT: 1, BOTH: 0, KEPT_PSNR: IDENTICAL_DB}


def test_a_change_that_spoils_the_rest_is_seen() -> None:
    moved = replace(GREEN, things=(GREEN.things[0], replace(SQUARE, position="bottom left")))
    spoiled = measure(RECOLOURED, render(moved))
    assert (spoiled[DONE], spoiled[KEPT], spoiled[BOTH]) == (1, 0.5, 0)
    assert spoiled[KEPT_PSNR] < 30
    gone = measure(RECOLOURED, render(replace(GREEN, background=Background("black", "plain"))))
    assert (gone[DONE], gone[KEPT]) == (1, 0.5)


def test_a_new_background_must_leave_the_things() -> None:
    result = NEW_BACKGROUND.edit.result
    assert measure(NEW_BACKGROUND, render(result))[BOTH] == 1
    lost = replace(result, things=(HEART,))
    found = measure(NEW_BACKGROUND, render(lost))
    assert (found[DONE], found[KEPT]) == (1, 0.5)
    assert found[KEPT_PSNR] < IDENTICAL_DB
