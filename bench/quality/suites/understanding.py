"""Understanding: questions about held-out pictures, answered in words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bench.quality.subjects.message import question
from bench.quality.subjects.subject import Subject
from bench.quality.suites.asking import replies
from bench.quality.suites.scenes import Asked, painted
from bench.quality.suites.score import Outcome, Tally
from export.training.facts import Grammar, parse_dense
from export.training.sheet import Tile
from export.training.talk.questions import QuestionKind
from export.training.world import OBJECT_COLOURS, SHAPES, Scene

SUITE = "understanding"
ALL = "all questions"
RIGHT = "answers right"
_SHOWN = 24


def understanding(subject: Subject, questions: Iterable[Asked], *, side: int) -> Outcome:
    """Each question beside its scene's true picture of `side` pixels; shares of right answers by kind and over all."""
    grammar, tally, outcome = Grammar.of_world(), Tally(SUITE), Outcome()
    cases = [(asked, painted(asked.scene, side)) for asked in questions]
    messages = [question((picture, asked.exchange.question)) for asked, picture in cases]
    for (asked, picture), reply in zip(cases, replies(subject, messages, SUITE), strict=True):
        right = is_right(asked, reply.text, grammar)
        tally.add((ALL, asked.exchange.kind.value), {RIGHT: right})
        outcome.show(_SHOWN, Tile(f"{asked.exchange.question} {reply.text}", picture, right=right))
    outcome.scores.extend(tally.scores())
    return outcome


def is_right(asked: Asked, answer: str, grammar: Grammar) -> bool:
    """Whether an answer is true and complete, in whatever order it lists things.

    A description must have every thing with all five attributes and the background with both; of an answer to a
    question for yes or no the first word counts.
    """
    kind = asked.exchange.kind
    if kind is QuestionKind.CAPTION:
        return _facts(parse_dense(answer, grammar)) == _facts(asked.scene)
    if kind is QuestionKind.THINGS:
        return _pairs(answer) == sorted((thing.colour, thing.shape) for thing in asked.scene.things)
    if kind is QuestionKind.PRESENCE:
        return _first(answer) == _first(asked.exchange.answer)
    return _plain(answer) == _plain(asked.exchange.answer)


def _facts(scene: Scene | None) -> object:
    """A scene's captioned facts without the order of its things; None equals nothing that was asked about."""
    if scene is None:
        return None
    things = sorted((t.shape, t.colour, t.size, t.position, t.texture) for t in scene.things)
    return things, scene.background, scene.style


def _pairs(answer: str) -> list[tuple[str, str]]:
    pattern = rf"\b({'|'.join(OBJECT_COLOURS)}) ({'|'.join(SHAPES)})\b"
    return sorted((colour, shape) for colour, shape in re.findall(pattern, answer))


def _first(answer: str) -> str:
    return re.split(r"\W", answer.strip().lower(), maxsplit=1)[0]


def _plain(answer: str) -> str:
    return " ".join(answer.lower().rstrip(". ").split())
