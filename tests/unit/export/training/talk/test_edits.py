"""Edits change what they say and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.training.talk.edits import Edit, EditKind, edit_of
from export.training.world import (
    BACKGROUND_COLOURS,
    OBJECT_COLOURS,
    POSITIONS,
    SHAPES,
    SIZES,
    STYLES,
    TEXTURES,
    Background,
    Scene,
    Thing,
    random_scene,
)

STAR = Thing("star", "red", "medium", "top left", "dotted")
TWIN = replace(STAR, colour="blue", size="small", position="right")
SCENE = Scene((STAR, TWIN), Background("white", "plain"))
SUBJECT = re.compile(rf"\bthe (?:({'|'.join(OBJECT_COLOURS)}) )?({'|'.join(SHAPES)})\b")
ATTRIBUTES = {EditKind.RECOLOUR: "colour", EditKind.MOVE: "position", EditKind.RESIZE: "size"}


def longest(names: object) -> str:
    return "|".join(sorted(names, key=len, reverse=True))  # type: ignore[call-overload]


@st.composite
def edits(draw: st.DrawFn, *kinds: EditKind) -> tuple[Scene, Edit]:
    seed, style, kind = draw(st.integers(0, 10**6)), draw(st.sampled_from(STYLES)), draw(st.sampled_from(kinds))
    counts = {EditKind.ADD: (1, 1), EditKind.REMOVE: (0, 1, 1)}.get(kind, (1, 1, 1))
    scene = replace(random_scene(Random(seed), shift=2, counts=counts), style=style)
    edit = edit_of(scene, Random(seed), kind)
    assert edit
    assert edit.kind is kind
    return scene, edit


def named(scene: Scene, request: str) -> Thing:
    """The one thing a request may mean."""
    ((colour, shape),) = SUBJECT.findall(request)
    (thing,) = [thing for thing in scene.things if thing.shape == shape and colour in ("", thing.colour)]
    return thing


@settings(max_examples=150)
@given(edits(*EditKind))
def test_every_result_is_a_valid_scene_in_the_same_style(pair: tuple[Scene, Edit]) -> None:
    scene, edit = pair
    assert edit.result.is_valid
    assert edit.result != scene
    assert edit.result.style == scene.style
    assert (edit.result.background == scene.background) == (edit.kind is not EditKind.BACKGROUND)


@settings(max_examples=200)
@given(edits(*ATTRIBUTES))
def test_a_changed_thing_is_the_named_one_and_gets_the_value_that_is_said(pair: tuple[Scene, Edit]) -> None:
    scene, edit = pair
    thing = named(scene, edit.request)
    at, attribute = scene.things.index(thing), ATTRIBUTES[edit.kind]
    after = edit.result.things[at]
    value = getattr(after, attribute)
    assert edit.result.things == (*scene.things[:at], replace(thing, **{attribute: value}), *scene.things[at + 1 :])
    said = edit.request.removesuffix(".").split(f"the {thing.shape} ")[-1].split(f"{thing.colour} {thing.shape} ")[-1]
    step = list(SIZES).index(after.size) - list(SIZES).index(thing.size)
    relative = {"bigger": 1, "smaller": -1}.get(said)
    if relative:
        assert step == relative
    else:
        found = re.findall(longest((*OBJECT_COLOURS, *POSITIONS, *SIZES)), said.split(" to ")[-1])
        assert found == [value]


@settings(max_examples=150)
@given(edits(EditKind.ADD))
def test_an_added_thing_comes_last_and_is_as_the_request_says(pair: tuple[Scene, Edit]) -> None:
    scene, edit = pair
    *before, added = edit.result.things
    assert tuple(before) == scene.things
    pattern = (
        rf"an? (?:({longest(SIZES)}) )?(?:({longest(TEXTURES)}) )?(\w+) (\w+) (?:at|in) the ({longest(POSITIONS)})"
    )
    ((size, texture, colour, shape, position),) = re.findall(pattern, edit.request)
    assert added == Thing(shape, colour, size or "medium", position, texture or "plain")


@settings(max_examples=100)
@given(edits(EditKind.REMOVE))
def test_a_removed_thing_is_the_named_one(pair: tuple[Scene, Edit]) -> None:
    scene, edit = pair
    gone = named(scene, edit.request)
    assert edit.result == replace(scene, things=tuple(thing for thing in scene.things if thing != gone))


@settings(max_examples=100)
@given(edits(EditKind.BACKGROUND))
def test_a_new_background_keeps_its_texture_and_the_things(pair: tuple[Scene, Edit]) -> None:
    scene, edit = pair
    (colour,) = re.findall("|".join(BACKGROUND_COLOURS), edit.request)
    assert edit.result == replace(scene, background=Background(colour, scene.background.texture))


def test_things_of_one_shape_are_named_by_their_colour_too() -> None:
    for seed in range(30):
        edit = edit_of(SCENE, Random(seed), EditKind.MOVE)
        assert edit
        assert "red star" in edit.request or "blue star" in edit.request


def test_what_is_impossible_is_not_asked_for() -> None:
    lone, full = (random_scene(Random(0), counts=counts) for counts in ((1,), (0, 0, 1)))
    assert edit_of(lone, Random(0), EditKind.REMOVE) is None
    assert edit_of(full, Random(0), EditKind.ADD) is None
    kinds = [{edit.kind for i in range(60) if (edit := edit_of(scene, Random(i)))} for scene in (lone, full, SCENE)]
    assert kinds == [set(EditKind) - {EditKind.REMOVE}, set(EditKind) - {EditKind.ADD}, set(EditKind)]


@pytest.mark.parametrize("kind", EditKind)
def test_every_kind_has_several_wordings_and_its_seed_brings_it_back(kind: EditKind) -> None:
    found = [edit for seed in range(60) if (edit := edit_of(SCENE, Random(seed), kind))]
    assert len({edit.request.split(" ")[0] for edit in found}) >= 3
    assert edit_of(SCENE, Random(5), kind) == found[5]


def test_an_invalid_scene_is_refused() -> None:
    with pytest.raises(ValueError, match="is not valid"):
        edit_of(Scene((STAR, STAR), Background("white", "plain")), Random(0))
