"""Filling the language model's library."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from random import Random
from typing import Final

from export.training.canonical import canonical_at
from export.training.diet import sightings
from export.training.library import Change, Library, Repair, Sketch, Subject
from export.training.pictures import Damaged, Mapped
from export.training.spread import Spread
from export.training.talk.edits import EditKind, edit_of
from export.training.talk.styling import restyle_of
from export.training.world import Scene, Split, scene_at, styled_at
from export.training.world.conditions import Condition
from export.training.world.damage import Damage
from export.training.world.splits import split_of

_RESTYLE: Final = "restyle"
_TRIES: Final = 20


@dataclass(frozen=True, slots=True)
class Contents:
    """How much of everything a library of about `pictures` rows holds, as shares of its rows.

    A story is a scene and three changes of it, one after the other; half of the repairs and sketches are of scenes that
    stories begin with.
    """

    pictures: int
    flat: float = 0.23
    styled: float = 0.08
    canonical: float = 0.04
    stories: float = 0.22
    restyled: float = 0.05
    damaged: float = 0.1
    maps: float = 0.06
    subjects: float = 0.22

    def __post_init__(self) -> None:
        shares = (self.flat, self.styled, self.canonical, self.stories, self.restyled, self.damaged, self.maps)
        if abs(sum(shares) + self.subjects - 1.0) > 1e-6:
            raise ValueError(f"the shares of {self} add up to {sum(shares) + self.subjects:.3f}, not to 1")

    def rows(self, share: float) -> int:
        """A share in rows."""
        return round(share * self.pictures)


def build_library(contents: Contents, spread: Spread = map) -> Library:
    """The library of these contents, always the same."""
    library = Library()
    library.flat = library.extend((scene_at(Split.TRAIN, index) for index in count()), contents.rows(contents.flat))
    styled = (styled_at(Split.TRAIN, len(library.flat) + index) for index in count())
    library.styled = library.extend(styled, contents.rows(contents.styled))
    canonical = (canonical_at(Split.TRAIN, index) for index in count())
    library.canonical = library.extend(canonical, contents.rows(contents.canonical))
    _add_subjects(library, contents.rows(contents.subjects), spread)
    _add_stories(library, contents.rows(contents.stories))
    _add_restylings(library, contents.rows(contents.restyled))
    _add_repairs(library, contents.rows(contents.damaged))
    _add_sketches(library, contents.rows(contents.maps))
    return library


def _add_subjects(library: Library, rows: int, spread: Spread) -> None:
    """Targets and segments, in all about as many rows; every eighth target is a video's own frame."""
    end = len(library.pictures) + rows
    upright, filmed = sightings(spread, straight=True), sightings(spread, straight=False)
    while len(library.pictures) < end:
        sighting = next(filmed if len(library.subjects) % 8 == 7 else upright)
        target = library.add(sighting.target)
        segments = tuple(library.add(segment) for segment in sighting.segments)
        subject = Subject(target, segments, sighting)
        library.subjects.append(subject)
        library.lead(target, subject)


def _add_stories(library: Library, rows: int) -> None:
    """Three changes each, of flat scenes, styled ones and subjects' targets."""
    targets = [subject.target for subject in library.subjects if subject.sighting.straight]
    starts = {0: library.flat, 1: library.flat, 2: library.styled, 3: targets}
    end, number = len(library.pictures) + rows, 0
    while len(library.pictures) < end:
        rows_of = starts[number % 4]
        story = _story(library, rows_of[number // 4 % len(rows_of)], Random(f"story/{number}"))  # noqa: S311
        if story:
            library.stories.append(story)
        number += 1


def _story(library: Library, row: int, random: Random) -> tuple[Change, ...]:
    changes: list[Change] = []
    for _ in range(3):
        found = _change(library.scene(row), random)
        if found is None:
            break
        after = library.add(found[1])
        changes.append(Change(row, found[0], after))
        row = after
    return tuple(changes)


def _change(scene: Scene, random: Random) -> tuple[str, Scene] | None:
    """A request and its result within the training split, or None where a few tries find none."""
    for _ in range(_TRIES):
        kind = random.choice((*EditKind, _RESTYLE))
        change = restyle_of(scene, random) if kind == _RESTYLE else edit_of(scene, random, EditKind(kind))
        if change is not None and split_of(change.result) is Split.TRAIN:
            return change.request, change.result
    return None


def _add_restylings(library: Library, rows: int) -> None:
    for row in library.flat[:rows]:
        scene = restyle_of(library.scene(row), Random(f"restyle/{row}")).result  # noqa: S311 - a seeded world
        library.restylings.append((row, library.add(scene)))


def _add_repairs(library: Library, rows: int) -> None:
    kinds = list(Damage)
    for number, row in enumerate(islice(_wholes(library), rows)):
        damage = kinds[number % len(kinds)]
        repair = Repair(library.add(Damaged(library.scene(row), damage, number)), damage, row)
        library.repairs.append(repair)
        library.lead(row, repair)


def _add_sketches(library: Library, rows: int) -> None:
    kinds = list(Condition)
    for number, row in enumerate(islice(_wholes(library), rows)):
        condition = kinds[number % len(kinds)]
        sketch = Sketch(library.add(Mapped(library.scene(row), condition)), condition, row)
        library.sketches.append(sketch)
        library.lead(row, sketch)


def _wholes(library: Library) -> Iterator[int]:
    """Rows to spoil or to sketch: those stories begin with in turn with what they lead to, again and again."""
    while True:
        for story in library.stories:
            yield story[0].before
            yield story[-1].after
