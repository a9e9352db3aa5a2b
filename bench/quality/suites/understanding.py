"""Understanding: questions about held-out pictures, answered in words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tqdm import tqdm

from bench.quality.subjects.subject import Subject
from bench.quality.suites.scenes import Asked, painted
from bench.quality.suites.score import Better, Outcome, Score
from export.training.facts import Grammar, parse_dense
from export.training.sheet import Tile
from export.training.talk.questions import QuestionKind
from export.training.world import OBJECT_COLOURS, SHAPES, Scene

SUITE = "understanding"
ALL = "all questions"
RIGHT = "answers right"
_SHOWN = 8


def is_right(asked: Asked, answer: str, grammar: Grammar) -> bool:
    """Whether an answer is true and complete, in whatever order it lists things.

    A description must have every thing with all five attributes and the background with both.
    """
    kind = asked.exchange.kind
    if kind is QuestionKind.CAPTION:
        return _facts(parse_dense(answer, grammar)) == _facts(asked.scene)
    if kind is QuestionKind.THINGS:
        return _pairs(answer) == sorted((thing.colour, thing.shape) for thing in asked.scene.things)
    return _plain(answer) == _plain(asked.exchange.answer)


def understanding(subject: Subject, questions: Iterable[Asked], *, side: int) -> Outcome:
    """Each question beside its scene's true picture of `side` pixels; shares of right answers by kind and over all."""
    grammar = Grammar.of_world()
    values: dict[str, list[float]] = {ALL: []}
    outcome = Outcome()
    for number, asked in enumerate(tqdm(list(questions), SUITE, unit="question")):
        picture = painted(asked.scene, side)
        answer = subject.answer((picture, asked.exchange.question))
        right = is_right(asked, answer, grammar)
        for setting in (ALL, asked.exchange.kind):
            values.setdefault(setting, []).append(float(right))
        if number < _SHOWN:
            outcome.tiles.append(Tile(f"{asked.exchange.question} {answer}", picture, right=right))
    outcome.scores.extend(
        Score.mean(SUITE, str(setting), RIGHT, found, Better.HIGHER) for setting, found in values.items() if found
    )
    return outcome


def _facts(scene: Scene | None) -> object:
    """A scene's captioned facts without the order of its things; None equals nothing that was asked about."""
    if scene is None:
        return None
    things = sorted((t.shape, t.colour, t.size, t.position, t.texture) for t in scene.things)
    return things, scene.background, scene.style


def _pairs(answer: str) -> list[tuple[str, str]]:
    pattern = rf"\b({'|'.join(OBJECT_COLOURS)}) ({'|'.join(SHAPES)})\b"
    return sorted((colour, shape) for colour, shape in re.findall(pattern, answer))


def _plain(answer: str) -> str:
    return " ".join(answer.lower().rstrip(". ").split())
