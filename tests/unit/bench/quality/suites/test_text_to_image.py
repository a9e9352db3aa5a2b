from __future__ import annotations

from dataclasses import replace

import pytest

from bench.quality.subjects.message import Reply
from bench.quality.subjects.strategy import BOTH
from bench.quality.suites.scenes import ONE, PLACED, TWO, prompts
from bench.quality.suites.text_to_image import ALL_FACTS, ALL_WORDS, RIGHT, WORDS, text_to_image
from export.training.world import POSITIONS, SIZES, Brief, Scene, render
from tests.unit.bench.quality.suites.oracle import Oracle, always, black, values

PROMPTS = prompts(6)
BRIEFS = {brief.text: brief for briefs in PROMPTS.values() for brief in briefs}


def painting(change: dict[str, Scene]) -> Oracle:
    return Oracle(lambda message: Reply(picture=render(change[message.words])))


def displaced(scene: Scene) -> Scene:
    """The same things elsewhere and in other sizes, the order of their places turned around."""
    places, sizes = list(POSITIONS), list(SIZES)
    things = tuple(
        replace(
            thing,
            position=places[-1 - places.index(thing.position)] if thing.position != "center" else "top",
            size=sizes[-1 - sizes.index(thing.size)] if thing.size != "medium" else "large",
        )
        for thing in scene.things
    )
    return replace(scene, things=things)


def test_true_pictures_are_right_in_everything() -> None:
    oracle = painting({text: brief.scene for text, brief in BRIEFS.items()})
    outcome = text_to_image(oracle, PROMPTS, seed=7)
    value = values(outcome)
    assert {setting for setting, _ in value} == {ONE, TWO, PLACED, ALL_WORDS, "size words", "position words"}
    assert set(value.values()) == {1}
    assert {len(brief.scene.things) for brief in PROMPTS[TWO]} == {2}
    assert oracle.seeds == list(range(7, 25))
    assert [message.words for message in oracle.messages] == [b.text for found in PROMPTS.values() for b in found]
    assert {message.strategy for message in oracle.messages} == {BOTH}
    words = {score.setting: score.count for score in outcome.scores if score.measure == WORDS}
    assert words[ALL_WORDS] == words["size words"] + words["position words"] >= 6


def test_things_elsewhere_are_right_in_shape_and_colour_alone() -> None:
    value = values(text_to_image(painting({t: displaced(b.scene) for t, b in BRIEFS.items()}), PROMPTS, seed=0))
    assert [value[setting, RIGHT] for setting in (ONE, TWO, PLACED)] == [1, 1, 1]
    assert value[ALL_WORDS, WORDS] == 0
    assert value[PLACED, ALL_FACTS] == 0


def test_one_thing_missing_makes_a_picture_wrong() -> None:
    halves = {text: replace(brief.scene, things=brief.scene.things[:1]) for text, brief in BRIEFS.items()}
    value = values(text_to_image(painting(halves), PROMPTS, seed=0))
    assert value[ONE, RIGHT] == 1
    assert value[TWO, RIGHT] == 0


def test_nothing_shows_nothing() -> None:
    value = values(text_to_image(always(black()), PROMPTS, seed=0))
    assert set(value.values()) == {0}


@pytest.mark.parametrize("setting", [ONE, TWO, PLACED])
def test_prompts_are_the_same_in_every_run(setting: str) -> None:
    again: list[Brief] = prompts(3)[setting]
    assert again == PROMPTS[setting][:3]
