"""Conversations: a picture comes into being, is asked about and changed, turn by turn."""

from __future__ import annotations

from random import Random

from export.training.lessons.asking import questioned
from export.training.lessons.casting import cast
from export.training.lessons.editing import changed
from export.training.lessons.lesson import Lesson, Turn, remembered
from export.training.lessons.painting import direct, rewritten
from export.training.lessons.repairing import repaired
from export.training.lessons.sketching import followed
from export.training.library import Change, Library, Repair, Sketch, Subject, Way

_TURNS = ((2, 3, 4), (50, 25, 25))
_REWRITTEN, _SHOWN, _QUESTION = 0.7, 0.25, 0.25


def talking_lesson(library: Library, random: Random) -> Lesson:
    """Two to four turns about one picture; only the last picture is learned, the words of all turns are."""
    story = random.choice(library.stories)
    length = random.choices(*_TURNS)[0]
    turns, changes = [], list(story)
    if random.random() < _SHOWN:
        # The person brings the picture along with the first wish.
        turns.append(changed(library, changes.pop(0), random, shown=True))
    else:
        turns.append(_opening(library, story[0].before, random))
    row = story[0].before if len(changes) == len(story) else story[0].after
    while len(turns) < length:
        turns.append(_next(library, row, changes, random))
        row = changes.pop(0).after if _paints(turns[-1]) else row
    return [*(remembered(turn) for turn in turns[:-1]), turns[-1]]


def _opening(library: Library, row: int, random: Random) -> Turn:
    """The picture in `row` made by the model: from words, or after something shown where the library leads there."""
    ways = library.ways.get(row, [])
    if ways and random.random() < _SHOWN:
        return _led(library, random.choice(ways), random)
    return rewritten(library, row, random) if random.random() < _REWRITTEN else direct(library, row, random)


def _led(library: Library, way: Way, random: Random) -> Turn:
    match way:
        case Repair():
            return repaired(library, way, random)
        case Sketch():
            return followed(library, way, random)
        case Subject():
            return cast(way, random)


def _next(library: Library, row: int, changes: list[Change], random: Random) -> Turn:
    if not changes or random.random() < _QUESTION:
        return questioned(library, row, random, shown=False)
    return changed(library, changes[0], random, shown=False)


def _paints(turn: Turn) -> bool:
    return isinstance(turn[-1].content, int)
