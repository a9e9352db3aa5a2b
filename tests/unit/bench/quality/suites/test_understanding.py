from __future__ import annotations

import pytest

from bench.quality.suites.scenes import Asked, questions
from bench.quality.suites.understanding import ALL, is_right, understanding
from export.training.facts import Grammar
from export.training.talk.questions import Exchange, QuestionKind
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
    assert {score.setting for score in outcome.scores} == {ALL, *QuestionKind}
    assert {score.value for score in outcome.scores} == {1.0}
    assert next(score.count for score in outcome.scores if score.setting == ALL) == 60
    assert all(tile.right for tile in outcome.tiles)


def test_the_share_falls_with_each_wrong_answer() -> None:
    answers = [(q.scene, q.exchange.question, q.exchange.answer if i % 4 else "No.") for i, q in enumerate(QUESTIONS)]
    outcome = understanding(Oracle(says=told(answers)), QUESTIONS, side=128)
    assert next(score.value for score in outcome.scores if score.setting == ALL) == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("kind", "truth", "answer", "right"),
    [
        (QuestionKind.PLACE, "The star is at the top.", " the star is at the  top", True),
        (QuestionKind.PLACE, "The star is at the top.", "The star is at the top left.", False),
        (QuestionKind.THINGS, "", "I see a blue ring and a red star.", True),
        (QuestionKind.THINGS, "", "I see a red star.", False),
        (QuestionKind.THINGS, "", "I see a red star, a blue ring and a red heart.", False),
        (QuestionKind.CAPTION, "", f"{BOTH} on a plain white background.", True),
        (QuestionKind.CAPTION, "", f"{BOTH} on a plain black background.", False),
        (QuestionKind.CAPTION, "", "A large plain red star at the top on a plain white background.", False),
        (QuestionKind.CAPTION, "", "Nothing.", False),
    ],
)
def test_answers_are_judged_by_what_they_say(kind: QuestionKind, truth: str, answer: str, *, right: bool) -> None:
    assert is_right(Asked(SCENE, Exchange("", truth, kind)), answer, Grammar.of_world()) is right
