from __future__ import annotations

from dataclasses import replace

import pytest

from bench.quality.measures.agreement import FactKind, facts, share_in_place, share_of_facts, stated
from bench.quality.picture import resized
from export.training.judge import judge
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


def test_a_named_texture_and_style_can_be_missed() -> None:
    text = "a plain red square and a blue heart, in pastel style"
    pastel = Brief(text, replace(SCENE, style="pastel"), background=False)
    assert share_of_facts(render(pastel.scene), pastel) == 1
    dotted = replace(pastel.scene, things=(replace(SQUARE, texture="dotted"), HEART))
    assert share_of_facts(render(dotted), pastel) == pytest.approx(5 / 6)
    assert FactKind.STYLE in {fact.kind for fact in facts(render(SCENE), pastel) if not fact.shown}


@pytest.mark.parametrize(
    ("places", "words"),
    [
        (("left", "right"), "to the left of"),
        (("bottom right", "bottom left"), "to the right of"),
        (("top", "center"), "above"),
        (("bottom left", "top left"), "below"),
    ],
)
def test_a_relation_holds_wherever_the_two_stand(places: tuple[str, str], words: str) -> None:
    things = tuple(replace(t, position=p) for t, p in zip((SQUARE, HEART), places, strict=True))
    related = Brief(f"a red square {words} a blue heart", replace(SCENE, things=things), background=False)
    assert FactKind.RELATION in stated(related)
    elsewhere = {"to the left of": ("top left", "bottom"), "to the right of": ("top right", "bottom")}
    moved = elsewhere.get(words) or (("top left", "bottom") if words == "above" else ("bottom left", "top"))
    for shown, expected in ((places, 1), (moved, 1), (places[::-1], 4 / 5)):
        scene = replace(SCENE, things=tuple(replace(t, position=p) for t, p in zip(things, shown, strict=True)))
        assert share_of_facts(render(scene), related) == pytest.approx(expected)
    alone = replace(SCENE, things=things[:1])
    assert share_of_facts(render(alone), related) == pytest.approx(2 / 5)


def test_things_in_place_count_beside_the_background() -> None:
    assert share_in_place(judge(render(SCENE), SCENE), background=True) == 1
    moved = replace(SCENE, things=(replace(SQUARE, position="right"), HEART))
    assert share_in_place(judge(render(moved), SCENE), background=True) == pytest.approx(2 / 3)
    assert share_in_place(judge(render(SCENE), SCENE), background=False) == pytest.approx(2 / 3)
