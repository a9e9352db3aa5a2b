"""One thing about a picture changed and the rest kept."""

from __future__ import annotations

from random import Random

from export.training.lessons.lesson import Lesson, Turn
from export.training.lessons.turns import beside, in_reading_order, painted
from export.training.library import Change, Library
from export.training.talk.styling import restyle_of


def changed(library: Library, change: Change, random: Random, *, shown: bool) -> Turn:
    """A request to change a picture, `shown` in this turn or standing in an earlier one, and the changed picture."""
    request = beside(change.before if shown else None, change.request, random)
    return [*request, *painted(in_reading_order(library.scene(change.after)), change.after, random)]


def editing_lesson(library: Library, random: Random) -> Lesson:
    """One change of a picture that is shown."""
    return [changed(library, random.choice(random.choice(library.stories)), random, shown=True)]


def restyling_lesson(library: Library, random: Random) -> Lesson:
    """The same picture in another style; outlines have lost their textures, so nothing leads back from them."""
    flat, styled = random.choice(library.restylings)
    back = library.scene(styled).style != "outline" and random.random() < 0.5
    before, after = (styled, flat) if back else (flat, styled)
    request = restyle_of(library.scene(before), random, library.scene(after).style).request
    return [changed(library, Change(before, request, after), random, shown=True)]
