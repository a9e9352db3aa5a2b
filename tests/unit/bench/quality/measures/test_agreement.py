from __future__ import annotations

from dataclasses import replace

import pytest

from bench.quality.measures.agreement import share_of_facts, share_of_scene
from bench.quality.picture import resized
from export.training.world import Background, Brief, Scene, Thing, render

SQUARE = Thing("square", "red", "large", "top left", "plain")
HEART = Thing("heart", "blue", "small", "bottom", "plain")
SCENE = Scene((SQUARE, HEART), Background("white", "plain"))


def brief(text: str, *, background: bool = False) -> Brief:
    return Brief(text, SCENE, background)


def test_a_picture_of_the_scene_shows_all_facts() -> None:
    text = "a large red square at the top left and a small blue heart at the bottom on a white background"
    assert share_of_facts(render(SCENE), brief(text, background=True)) == 1
    assert share_of_facts(resized(render(SCENE), 300), brief(text, background=True)) == 1


@pytest.mark.parametrize(
    ("text", "background", "expected"),
    [
        ("a red square and a blue heart", False, 3 / 4),
        ("a red square and a blue heart on a white background", True, 3 / 5),
        ("a red square and a small blue heart", False, 4 / 5),
        ("a red square at the top left and a blue heart at the bottom", False, 4 / 6),
        ("a picture of a red square to the left of a blue heart", False, 3 / 4),
    ],
)
def test_only_what_the_words_say_is_asked(text: str, *, background: bool, expected: float) -> None:
    """The square is a circle now, the background gray; the heart is right in everything."""
    shown = Scene((replace(SQUARE, shape="circle"), HEART), Background("gray", "plain"))
    assert share_of_facts(render(shown), brief(text, background=background)) == pytest.approx(expected)


def test_a_named_size_and_place_can_be_missed() -> None:
    moved = Scene((replace(SQUARE, size="small", position="right"), HEART), SCENE.background)
    assert share_of_facts(render(moved), brief("a large red square and a blue heart")) == pytest.approx(4 / 5)
    text = "a red square at the top left and a blue heart at the bottom"
    assert share_of_facts(render(moved), brief(text)) == pytest.approx(5 / 6)


def test_a_scene_asks_for_things_in_their_places_and_the_background() -> None:
    assert share_of_scene(render(SCENE), SCENE) == 1
    moved = replace(SCENE, things=(replace(SQUARE, position="right"), HEART))
    assert share_of_scene(render(moved), SCENE) == pytest.approx(2 / 3)
