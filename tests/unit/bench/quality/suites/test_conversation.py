from __future__ import annotations

from dataclasses import replace

import pytest

from bench.quality.measures.agreement import FactKind
from bench.quality.picture import Picture
from bench.quality.subjects.message import Message, Reply
from bench.quality.suites.conversation import ANSWERED, SATISFIED, conversation, satisfied, turn_of
from bench.quality.suites.wishes import TURNS, Talk, Wishes, talks
from export.training.world import Background, Scene, Split, Thing, render
from export.training.world.splits import split_of
from services.gateway.intent import is_change
from services.gateway.wish import Task
from tests.unit.bench.quality.suites.oracle import Oracle, values

TALKS = list(talks(4))
STAR = Thing("star", "red", "large", "top", "dotted")
SCENE = Scene((STAR,), Background("white", "plain"))


def remembering(held: list[Talk], *, silent: int | None = None) -> Oracle:
    """Paints what was wished for so far, and knows how far a conversation has come only by what it remembers."""

    remembered: dict[object, tuple[Talk, int]] = {}

    def responds(message: Message) -> Reply:
        if message.after is None:
            talk, turn = next(talk for talk in held if talk[0].words == message.words), 0
        else:
            talk, turn = remembered[message.after.memory]
        assert talk[turn].words == message.words
        picture, number = (None if turn == silent else render(talk[turn].scene)), len(remembered)
        remembered[number] = talk, turn + 1
        return Reply(picture=picture, memory=number)

    return Oracle(responds)


def test_true_pictures_satisfy_every_turn() -> None:
    oracle = remembering(TALKS)
    outcome = conversation(oracle, TALKS, seed=6)
    value = values(outcome)
    assert value == {(turn_of(turn), measure): 1 for turn in range(TURNS) for measure in (SATISFIED, ANSWERED)}
    assert oracle.seeds == list(range(6, 10)) * TURNS
    assert {message.task for message in oracle.messages} == {Task.AUTO}
    assert all(tile.right for tile in outcome.tiles)
    assert len(outcome.tiles) == 4 * TURNS


def test_where_no_picture_comes_the_last_one_stands() -> None:
    value = values(conversation(remembering(TALKS, silent=2), TALKS, seed=0))
    assert value[turn_of(2), ANSWERED] == 0
    assert value[turn_of(2), SATISFIED] == 0
    assert value[turn_of(1), SATISFIED] == value[turn_of(3), SATISFIED] == 1
    first = values(conversation(remembering(TALKS, silent=0), TALKS, seed=0))
    assert first[turn_of(0), SATISFIED] == 0


def test_openings_say_all_that_later_wishes_build_on() -> None:
    for talk in TALKS:
        opening = talk[0]
        assert split_of(opening.scene) is Split.HELD_OUT
        assert f"{opening.scene.background.colour} background" in opening.words
        assert all(thing.position in opening.words for thing in opening.scene.things)
        assert len({turn.scene for turn in talk}) == TURNS
        assert [is_change(turn.words) for turn in talk] == [False, True, True, True]


@pytest.mark.parametrize(
    ("words", "right"),
    [(set(), True), ({FactKind.SIZE}, False), ({FactKind.TEXTURE}, True)],
)
def test_sizes_and_textures_count_where_they_were_said(words: set[FactKind], *, right: bool) -> None:
    smaller: Picture = render(replace(SCENE, things=(replace(STAR, size="small"),)))
    assert satisfied(smaller, Wishes("", SCENE, (frozenset(words),))) is right


def test_what_nobody_wished_for_is_wrong() -> None:
    besides = replace(SCENE, things=(STAR, Thing("ring", "blue", "large", "bottom", "plain")))
    assert satisfied(render(SCENE), Wishes("", SCENE, (frozenset(),)))
    assert not satisfied(render(besides), Wishes("", SCENE, (frozenset(),)))


def test_changes_add_to_what_was_said() -> None:
    """Whatever has a size that is not its opening's must have been given one in words."""
    for talk in talks(30):
        first = {(thing.shape, thing.colour): thing.size for thing in talk[0].scene.things}
        for thing, said in zip(talk[-1].scene.things, talk[-1].said, strict=True):
            size = first.get((thing.shape, thing.colour), thing.size)
            assert thing.size == size or FactKind.SIZE in said
