"""Questions point at one thing and their answers are true."""

from __future__ import annotations

import re
from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.training.facts import Grammar, parse_dense
from export.training.talk.questions import QuestionKind, question_of
from export.training.world import (
    OBJECT_COLOURS,
    SHAPES,
    Background,
    Scene,
    Split,
    Thing,
    random_scene,
    scene_at,
    styled_at,
)

SCENES = [at(Split.TRAIN, index, counts=(20, 40, 40)) for index in range(100) for at in (scene_at, styled_at)]
TWINS = Scene(
    (
        Thing("star", "red", "large", "top left", "plain"),
        Thing("star", "blue", "small", "right", "plain"),
        Thing("ring", "blue", "small", "bottom left", "plain"),
    ),
    Background("white", "plain"),
)
PAIR = re.compile(rf"({'|'.join(OBJECT_COLOURS)}) ({'|'.join(SHAPES)})")


def asked_about(scene: Scene, words: str) -> list[Thing]:
    """The things that "the ..." in `words` may mean."""
    named = re.search(r"[Tt]he ((?:\w+ )*?)(\w+)( (?:at|in) the [a-z ]+?)?(?: is| have|\?)", words)
    assert named
    colour, noun, where = named.groups()
    return [
        thing
        for thing in scene.things
        if colour.strip() in ("", thing.colour)
        and noun in (thing.shape, "object")
        and (where or "").removeprefix(" at the ").removeprefix(" in the ") in ("", thing.position)
    ]


@settings(max_examples=200)
@given(st.integers(0, 10**6), st.sampled_from([QuestionKind.COLOUR, QuestionKind.SHAPE, QuestionKind.PLACE]))
def test_a_question_about_a_thing_can_mean_no_other_and_is_answered_truly(seed: int, kind: QuestionKind) -> None:
    scene = random_scene(Random(seed), counts=(20, 40, 40))
    exchange = question_of(scene, Random(seed), kind)
    (thing,) = asked_about(scene, exchange.answer)
    truth = {
        QuestionKind.COLOUR: f"is {thing.colour}.",
        QuestionKind.SHAPE: f"is a {thing.shape}.",
        QuestionKind.PLACE: f"the {thing.position}.",
    }[kind]
    assert exchange.answer.endswith(truth)
    subject = exchange.answer.split(" is ")[0].lower()
    assert subject in exchange.question
    asked_for = {QuestionKind.COLOUR: thing.colour, QuestionKind.SHAPE: thing.shape}.get(kind)
    assert asked_for is None or asked_for not in exchange.question


@pytest.mark.parametrize("scene", SCENES[:60])
def test_answers_about_the_whole_picture_are_true(scene: Scene) -> None:
    pairs = {(thing.colour, thing.shape) for thing in scene.things}
    answers = {kind: question_of(scene, Random(1), kind).answer for kind in QuestionKind}
    assert parse_dense(answers[QuestionKind.CAPTION], Grammar.of_world()) == scene
    assert ("no", "one", "two", "three")[len(pairs)] in answers[QuestionKind.COUNT]
    assert answers[QuestionKind.BACKGROUND] == f"The background is {scene.background.colour}."
    assert set(PAIR.findall(answers[QuestionKind.THINGS])) == pairs


@settings(max_examples=200)
@given(st.integers(0, 10**6))
def test_yes_means_it_is_there_and_no_that_it_is_not(seed: int) -> None:
    scene = random_scene(Random(seed))
    exchange = question_of(scene, Random(seed), QuestionKind.PRESENCE)
    (asked,) = PAIR.findall(exchange.question)
    assert PAIR.findall(exchange.answer) == [asked]
    there = asked in {(thing.colour, thing.shape) for thing in scene.things}
    assert exchange.answer.startswith("Yes, there is a" if there else "No, there is no")


def test_yes_and_no_are_equally_often_true() -> None:
    answers = Counter(question_of(s, Random(i), QuestionKind.PRESENCE).answer[:2] for i, s in enumerate(SCENES))
    assert 0.4 < answers["Ye"] / len(SCENES) < 0.6


def test_twins_are_told_apart_by_what_is_not_asked_for() -> None:
    seen = {kind: {question_of(TWINS, Random(i), kind).answer for i in range(40)} for kind in QuestionKind}
    assert seen[QuestionKind.COLOUR] == {
        "The star at the top left is red.",
        "The star at the right is blue.",
        "The ring is blue.",
    }
    assert seen[QuestionKind.SHAPE] == {
        "The red object is a star.",
        "The object at the right is a star.",
        "The object at the bottom left is a ring.",
    }
    assert seen[QuestionKind.PLACE] == {
        "The red star is at the top left.",
        "The blue star is at the right.",
        "The ring is at the bottom left.",
    }


def test_every_kind_is_asked_in_several_wordings() -> None:
    exchanges = [question_of(TWINS, Random(seed)) for seed in range(400)]
    for kind in QuestionKind:
        wordings = {PAIR.sub("", e.question) for e in exchanges if e.kind is kind}
        assert len(wordings) >= 3
    assert question_of(TWINS, Random(7)) == exchanges[7]
