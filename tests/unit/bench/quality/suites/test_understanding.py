from __future__ import annotations

import pytest

from bench.quality.suites.scenes import Asked, painted, questions
from bench.quality.suites.understanding import ALL, RIGHT, is_right, understanding
from export.training.facts import Grammar
from export.training.talk.questions import Exchange, QuestionKind
from export.training.world import Background, Scene, Thing
from tests.unit.bench.quality.suites.oracle import knowing, values

SCENE = Scene(
    (Thing("star", "red", "large", "top", "plain"), Thing("ring", "blue", "small", "left", "dotted")),
    Background("white", "plain"),
)
BOTH = "A small dotted blue ring at the left and a large plain red star at the top"
QUESTIONS = list(questions(32))


def test_every_kind_is_asked_and_true_answers_are_right() -> None:
    oracle = knowing(((painted(q.scene, 128), q.exchange.question), q.exchange.answer) for q in QUESTIONS)
    outcome = understanding(oracle, QUESTIONS, side=128)
    asked = {score.setting: score.count for score in outcome.scores}
    assert asked == {ALL: 32, **{kind.value: 4 for kind in QuestionKind}}
    assert {score.value for score in outcome.scores} == {1.0}
    assert all(tile.right for tile in outcome.tiles)


def test_the_share_falls_with_each_wrong_answer() -> None:
    answers = [q.exchange.answer if i % 4 else "Perhaps." for i, q in enumerate(QUESTIONS)]
    asked = [(painted(q.scene, 128), q.exchange.question) for q in QUESTIONS]
    outcome = understanding(knowing(zip(asked, answers, strict=True)), QUESTIONS, side=128)
    assert values(outcome)[ALL, RIGHT] == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("kind", "truth", "answer", "right"),
    [
        (QuestionKind.PLACE, "The star is at the top.", " the star is at the  top", True),
        (QuestionKind.PLACE, "The star is at the top.", "The star is at the top left.", False),
        (QuestionKind.PRESENCE, "Yes, there is a red star.", "Yes.", True),
        (QuestionKind.PRESENCE, "Yes, there is a red star.", "No, there is no red star.", False),
        (QuestionKind.PRESENCE, "No, there is no red ring.", "", False),
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
