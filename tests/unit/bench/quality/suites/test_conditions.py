from __future__ import annotations

from dataclasses import replace

from bench.quality.picture import Picture
from bench.quality.suites.conditions import RIGHT, SHARE, STRUCTURE, conditions
from bench.quality.suites.scenes import Sketched, sketches
from export.training.world import Scene, render
from tests.unit.bench.quality.suites.oracle import Oracle, black, knowing, values

CASES = list(sketches(16))
SETTINGS = {"edges", "depth", "edges and words", "depth and words"}


def answering(pictures: list[Picture]) -> Oracle:
    return knowing(((case.map, case.request), picture) for case, picture in zip(CASES, pictures, strict=True))


def recoloured(case: Sketched) -> Scene:
    """The same shapes in other colours."""
    background = replace(case.scene.background, colour="black")
    turn = {"red": "green", "orange": "cyan", "yellow": "blue", "green": "purple", "cyan": "red", "blue": "yellow"}
    things = tuple(replace(thing, colour=turn.get(thing.colour, "orange")) for thing in case.scene.things)
    return Scene(things, background)


def test_the_scene_itself_has_its_structure_and_all_that_is_said() -> None:
    outcome = conditions(answering([render(case.scene) for case in CASES]), CASES, side=128, seed=0)
    value = values(outcome)
    assert {setting for setting, _ in value} == SETTINGS
    assert set(value.values()) == {1}
    assert {setting for setting, measure in value if measure == RIGHT} == {"edges and words", "depth and words"}
    assert {score.count for score in outcome.scores} == {4}


def test_other_colours_keep_the_structure_and_not_the_words() -> None:
    value = values(conditions(answering([render(recoloured(case)) for case in CASES]), CASES, side=128, seed=0))
    assert {value[setting, STRUCTURE] for setting in SETTINGS} == {1}
    assert {found for (_, measure), found in value.items() if measure == RIGHT} == {0}


def test_the_map_itself_is_no_answer() -> None:
    value = values(conditions(answering([black() for _ in CASES]), CASES, side=128, seed=0))
    assert {value[setting, SHARE] for setting in SETTINGS} == {0}
