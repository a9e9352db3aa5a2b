from __future__ import annotations

import pytest

from bench.quality.suites.scenes import Asked, questions
from bench.quality.suites.understanding import ALL, Kind, is_right, kind_of, understanding
from export.training.facts import Grammar
from export.training.talk import Exchange
from export.training.world import Background, Scene, Thing
from tests.unit.bench.quality.suites.oracle import Oracle, told

SCENE = Scene(
    (Thing("star", "red", "large", "top", "plain"), Thing("ring", "blue", "small", "left", "dotted")),
    Background("white", "plain"),
)
BOTH = "A small dotted blue ring at the left and a large plain red star at the top"
QUESTIONS = list(questions(60))


def test_every_kind_is_asked_and_true_answers_are_right() -> None:
    oracle = Oracle(says=told((q.scene, q.exchange.question, q.exchange.answer) for q in QUESTIONS))
    outcome = understanding(oracle, QUESTIONS, side=128)
    assert {score.setting for score in outcome.scores} == {ALL, *Kind}
    assert {score.value for score in outcome.scores} == {1.0}
    assert next(score.count for score in outcome.scores if score.setting == ALL) == 60
    assert all(tile.right for tile in outcome.tiles)


def test_the_share_falls_with_each_wrong_answer() -> None:
    answers = [(q.scene, q.exchange.question, q.exchange.answer if i % 4 else "No.") for i, q in enumerate(QUESTIONS)]
    outcome = understanding(Oracle(says=told(answers)), QUESTIONS, side=128)
    assert next(score.value for score in outcome.scores if score.setting == ALL) == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("question", "truth", "answer", "right"),
    [
        ("Where is the star?", "The star is at the top.", " the star is at the  top", True),
        ("Where is the star?", "The star is at the top.", "The star is at the top left.", False),
        ("Which objects are there?", "", "I see a blue ring and a red star.", True),
        ("Which objects are there?", "", "I see a red star.", False),
        ("What objects do you see?", "", "I see a red star, a blue ring and a red heart.", False),
        ("What do you see here?", "", f"{BOTH} on a plain white background.", True),
        ("What do you see here?", "", f"{BOTH} on a plain black background.", False),
        ("What do you see here?", "", "A large plain red star at the top on a plain white background.", False),
        ("What do you see here?", "", "Nothing.", False),
    ],
)
def test_answers_are_judged_by_what_they_say(question: str, truth: str, answer: str, *, right: bool) -> None:
    assert is_right(Asked(SCENE, Exchange(question, truth)), answer, Grammar.of_world()) is right


def test_a_thing_asked_about_by_name_stands_alone() -> None:
    for asked in QUESTIONS:
        if kind_of(asked.exchange.question) in (Kind.COLOUR, Kind.PLACE):
            named = [thing for thing in asked.scene.things if f"the {thing.shape}" in asked.exchange.question]
            assert len(named) == 1
