"""Conversations to hold: an opening wish that says where everything stands, and three changes of different kinds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from random import Random
from typing import Final

from bench.quality.measures.agreement import FactKind, said_of
from bench.quality.suites.scenes import drawing
from export.training.talk.edits import Edit, EditKind, edit_of
from export.training.world import Scene, Split, Thing, brief_of, scene_at

CHANGES: Final = 3
TURNS: Final = CHANGES + 1


@dataclass(frozen=True, slots=True)
class Wishes:
    """What has been wished for after one turn: the words, the scene, and what has been said of each of its things.

    Everything is in its place and has its shape and colour, as has the background; sizes and textures count where they
    were said.
    """

    words: str
    scene: Scene
    said: tuple[frozenset[FactKind], ...]


Talk = tuple[Wishes, ...]


def talks(number: int) -> Iterator[Talk]:
    """The first `number` conversations of four turns about held-out scenes."""
    return islice((talk for index in count() if (talk := _talk(index))), number)


def _talk(index: int) -> Talk | None:
    """None where a change of some kind is impossible, undoes an earlier one, or has no one right answer."""
    random = drawing("talk", index)
    turns = [_opening(scene_at(Split.HELD_OUT, index, counts=(50, 50)), random)]
    touched: set[Thing] = set()
    for kind in random.sample(list(EditKind), CHANGES):
        before = turns[-1]
        edit = edit_of(before.scene, random, kind)
        if edit is None or _is_undoing(before, edit, touched) or _is_open(before, edit):
            return None
        touched |= set(edit.result.things) - set(before.scene.things)
        turns.append(_changed(before, edit))
    return tuple(turns)


def _opening(scene: Scene, random: Random) -> Wishes:
    """A brief that says every place and the background's colour."""
    while True:
        brief = brief_of(scene, random)
        said = tuple(frozenset(said_of(brief.text, thing)) for thing in scene.things)
        if brief.background and all(FactKind.PLACE in each for each in said):
            return Wishes(brief.text, scene, said)


def _is_undoing(before: Wishes, edit: Edit, touched: set[Thing]) -> bool:
    """Whether it removes what an earlier change was about."""
    return edit.kind is EditKind.REMOVE and not touched.isdisjoint(set(before.scene.things) - set(edit.result.things))


def _is_open(before: Wishes, edit: Edit) -> bool:
    """Whether it asks for another size than that of a thing whose size was never said: bigger than what?"""
    if edit.kind is not EditKind.RESIZE or re.search(r"\b(bigger|smaller)\b", edit.request) is None:
        return False
    pairs = zip(edit.result.things, before.said, strict=True)
    return not all(FactKind.SIZE in said for thing, said in pairs if thing not in before.scene.things)


def _changed(before: Wishes, edit: Edit) -> Wishes:
    old, things = dict(zip(before.scene.things, before.said, strict=True)), edit.result.things
    match edit.kind:
        case EditKind.ADD:
            said = (*before.said, _said_of_added(things[-1]))
        case EditKind.REMOVE:
            said = tuple(old[thing] for thing in things)
        case EditKind.RESIZE:
            pairs = zip(things, before.said, strict=True)
            said = tuple(words if thing in old else words | {FactKind.SIZE} for thing, words in pairs)
        case _:
            said = before.said
    return Wishes(edit.request, edit.result, said)


def _said_of_added(thing: Thing) -> frozenset[FactKind]:
    """A request to add something leaves out the usual size and texture."""
    named = {FactKind.SIZE: thing.size != "medium", FactKind.TEXTURE: thing.texture != "plain"}
    return frozenset(kind for kind, told in named.items() if told)
