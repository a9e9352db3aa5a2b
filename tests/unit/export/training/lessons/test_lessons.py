"""What every kind of lesson has in common: the gateway could have asked it, and the answer is true."""

from __future__ import annotations

from random import Random

import pytest

from export import presets
from export.tokenizer import Tokenizer
from export.training.facts import Grammar, parse_dense
from export.training.lessons.lesson import Turn
from export.training.lessons.mix import LESSONS
from export.training.library import Library
from export.training.sequences import sequence_of
from services.gateway.templates import Pieces, chatting, painting, rewriting
from services.gateway.wish import ImageRef

FEATURES = 64
SEEDS = range(25)


def request_of(turn: Turn) -> Pieces:
    """What the person says in a turn, in the gateway's pieces."""
    asked = [piece.content for piece in turn if not piece.learn]
    if isinstance(turn[-1].content, int) and not turn[-1].learn:
        asked = asked[:-1]
    return tuple(ImageRef(str(part)) if isinstance(part, int) else part for part in asked)


def rebuilt(request: Pieces) -> Pieces:
    """The same request as the gateway's templates write it from what a person typed."""
    first, last = request[0], request[-1]
    assert isinstance(first, str)
    assert isinstance(last, str)
    if first.startswith("User: "):
        return rewriting(first.removeprefix("User: Generate an image with prompt rewrite about ").split("\n")[0]).pieces
    if first.startswith("[INST] Generate a painting: "):
        return painting(first.removeprefix("[INST] Generate a painting: ").removesuffix(" [/INST]\n")).pieces
    typed = [piece for piece in request if isinstance(piece, str | ImageRef)]
    typed[0] = str(typed[0]).removeprefix("[INST] ")
    typed[-1] = str(typed[-1]).removesuffix(" [/INST]\n")
    return chatting(tuple(typed)).pieces


@pytest.mark.parametrize("family", LESSONS)
def test_the_gateway_builds_the_same_prompt(family: str, library: Library) -> None:
    for seed in SEEDS:
        for turn in LESSONS[family](library, Random(seed)):
            request = request_of(turn)
            assert rebuilt(request) == request


@pytest.mark.parametrize("family", LESSONS)
def test_lessons_begin_and_end_each_turn_and_fit_the_context(
    family: str, library: Library, tokenizer: Tokenizer
) -> None:
    context = presets.load("wegen-tiny").context
    for seed in SEEDS:
        lesson = LESSONS[family](library, Random(seed))
        sequence = sequence_of(lesson, tokenizer, FEATURES)
        assert sequence.ids[0] == tokenizer.bos
        assert sequence.ids[-1] == tokenizer.eos
        assert sequence.ids.count(tokenizer.bos) == len(lesson)
        assert len(sequence) <= context
        assert any(sequence.learn)


@pytest.mark.parametrize("family", LESSONS)
def test_lessons_are_the_same_for_the_same_seed_and_vary(family: str, library: Library) -> None:
    assert LESSONS[family](library, Random(3)) == LESSONS[family](library, Random(3))
    assert len({repr(LESSONS[family](library, Random(seed))) for seed in SEEDS}) > len(SEEDS) // 2


@pytest.mark.parametrize("family", [name for name in LESSONS if name != "asking"])
def test_a_described_picture_is_the_one_that_is_painted(family: str, library: Library) -> None:
    grammar, described = Grammar.of_world(), 0
    for seed in SEEDS:
        for turn in LESSONS[family](library, Random(seed)):
            answer, picture = (turn[-2].content, turn[-1].content) if len(turn) > 1 else ("", "")
            if isinstance(picture, int) and "detailed description" in str(answer):
                told, scene = parse_dense(str(answer), grammar), library.scene(picture)
                assert told is not None
                assert (told.background, told.style) == (scene.background, scene.style)
                assert {repr(thing) for thing in told.things} == {
                    repr(thing).replace(repr(thing.shift), "(0, 0)") for thing in scene.things
                }
                described += 1
    assert described or family == "direct"
