"""Conversations of four turns: a wish, then three changes of what the model itself has painted."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Final

import numpy as np

from bench.quality.measures.agreement import FactKind
from bench.quality.picture import Picture, resized
from bench.quality.subjects.message import Message, Reply
from bench.quality.subjects.subject import Subject
from bench.quality.suites.asking import replies
from bench.quality.suites.score import Outcome, Tally
from bench.quality.suites.wishes import TURNS, Talk, Wishes
from export.training.judge import judge, judge_scene
from export.training.sheet import Tile
from export.training.world.scene import SIDE

SUITE = "conversation"
SATISFIED: Final = "last picture satisfies all wishes so far"
ANSWERED: Final = "answers with a picture"
_SHOWN = 8 * TURNS
# What is seen while no answer has had a picture yet.
_NOTHING = np.full((SIDE, SIDE, 3), 255, np.uint8)


def turn_of(number: int) -> str:
    """What turn `number`, from 0, is called in the scores."""
    return f"after turn {number + 1}"


def conversation(subject: Subject, talks: Iterable[Talk], *, seed: int) -> Outcome:
    """All conversations side by side, turn by turn; every message of conversation i has the seed `seed` + i.

    Messages go as a person's would: the gateway's rules decide whether one asks for a picture. Where an answer has none
    the picture before it is the last one.
    """
    tally, outcome, held = Tally(SUITE), Outcome(), list(talks)
    last: list[Reply | None] = [None] * len(held)
    tiles: list[list[Tile]] = [[] for _ in held]
    for turn in range(TURNS):
        messages = [Message((talk[turn].words,), seed + i, after=last[i]) for i, talk in enumerate(held)]
        for i, reply in enumerate(replies(subject, messages, f"{SUITE}, turn {turn + 1}")):
            picture = reply.picture
            if picture is None:
                picture = tiles[i][-1].picture if turn else _NOTHING
            right = satisfied(picture, held[i][turn])
            tally.add((turn_of(turn),), {SATISFIED: right, ANSWERED: reply.picture is not None})
            tiles[i].append(Tile(held[i][turn].words, picture, right=right))
            last[i] = reply
    outcome.show(_SHOWN, *chain.from_iterable(tiles[: _SHOWN // TURNS]))
    outcome.scores.extend(tally.scores())
    return outcome


def satisfied(picture: Picture, wishes: Wishes) -> bool:
    """Whether a picture shows what has been wished for, and nothing besides."""
    after = resized(picture, SIDE)
    said = zip(judge(after, wishes.scene), wishes.said, strict=True)
    return judge_scene(after, wishes.scene) and all(
        (verdict.size or FactKind.SIZE not in words) and (verdict.texture or FactKind.TEXTURE not in words)
        for verdict, words in said
    )
