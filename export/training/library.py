"""The language model's pictures: rows of any kind, and what leads from one row to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from export.training.pictures import Frame, Picture
from export.training.subjects.sighting import Sighting
from export.training.world import Scene
from export.training.world.conditions import Condition
from export.training.world.damage import Damage


@dataclass(frozen=True, slots=True)
class Change:
    """A request, and the rows of the picture it is about and of the one that answers it."""

    before: int
    request: str
    after: int


@dataclass(frozen=True, slots=True)
class Repair:
    """The rows of a damaged picture and of the whole one."""

    spoiled: int
    damage: Damage
    whole: int


@dataclass(frozen=True, slots=True)
class Sketch:
    """The rows of a condition map and of a picture that follows it."""

    map: int
    condition: Condition
    picture: int


@dataclass(frozen=True, slots=True)
class Subject:
    """The row of a picture to paint, and those of its instances' segments."""

    target: int
    segments: tuple[int, ...]
    sighting: Sighting


Way = Repair | Sketch | Subject


@dataclass(slots=True)
class Library:
    """Rows of pictures, and what they are for. Scenes all belong to the training split, results of changes included.

    `ways` are those repairs, sketches and subjects that lead to a row.
    """

    pictures: list[Picture] = field(default_factory=list)
    flat: range = range(0)
    styled: range = range(0)
    canonical: range = range(0)
    stories: list[tuple[Change, ...]] = field(default_factory=list)
    restylings: list[tuple[int, int]] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    sketches: list[Sketch] = field(default_factory=list)
    subjects: list[Subject] = field(default_factory=list)
    ways: dict[int, list[Way]] = field(default_factory=dict)

    def scene(self, row: int) -> Scene:
        """What a row's picture shows; ValueError where that is no whole scene."""
        match self.pictures[row]:
            case Scene() as scene:
                return scene
            case Frame(video, number=0):
                return video.opening
            case other:
                raise ValueError(f"row {row} holds {type(other).__name__}, no scene")

    def add(self, picture: Picture) -> int:
        """A new row for a picture."""
        self.pictures.append(picture)
        return len(self.pictures) - 1

    def lead(self, row: int, way: Way) -> None:
        """Remember a way to `row`."""
        self.ways.setdefault(row, []).append(way)

    def extend(self, pictures: Iterator[Picture], number: int) -> range:
        """Rows for the first `number` pictures."""
        first = len(self.pictures)
        self.pictures.extend(islice(pictures, number))
        return range(first, len(self.pictures))
