"""Questions about a picture, answered in words."""

from __future__ import annotations

from random import Random

from export.training.lessons.lesson import Lesson, Turn
from export.training.lessons.painting import scene_row
from export.training.lessons.turns import beside, in_reading_order, told
from export.training.library import Library
from export.training.talk.questions import question_of

_MOST = 3


def questioned(library: Library, row: int, random: Random, *, shown: bool) -> Turn:
    """A question about the picture in `row`, `shown` in this turn or standing in an earlier one."""
    exchange = question_of(in_reading_order(library.scene(row)), random)
    return [*beside(row if shown else None, exchange.question, random), *told(exchange.answer)]


def asking_lesson(library: Library, random: Random) -> Lesson:
    """One to three questions about one picture: to show it costs more than to ask."""
    changed = random.choice(random.choice(library.stories)).after
    row = random.choice((changed, scene_row(library, random), scene_row(library, random)))
    return [questioned(library, row, random, shown=number == 0) for number in range(random.randint(1, _MOST))]
