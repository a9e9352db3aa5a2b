"""Held-out scenes and what is asked about them: combinations and seeds that no training has seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, cycle, islice
from random import Random

from bench.quality.measures.agreement import FactKind, stated
from bench.quality.picture import Picture, resized
from export.training.talk.edits import Edit, EditKind, edit_of
from export.training.talk.questions import Exchange, QuestionKind, question_of
from export.training.talk.repairs import repair_request
from export.training.talk.sketches import sketch_request
from export.training.talk.styling import Restyling, restyle_of
from export.training.world import STYLES, Brief, Scene, Split, brief_of, render, scene_at
from export.training.world.conditions import Condition, condition_of
from export.training.world.damage import Damage, damaged

ONE, TWO, PLACED = "one object", "two objects", "objects placed or sized"


@dataclass(frozen=True, slots=True)
class Changed:
    """A scene and a request to change it."""

    scene: Scene
    edit: Edit


@dataclass(frozen=True, slots=True)
class Asked:
    """A scene and a question about it."""

    scene: Scene
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Restyled:
    """A scene and a request for it in another style."""

    scene: Scene
    restyling: Restyling


@dataclass(frozen=True, slots=True)
class Damaged:
    """A scene whose picture is damaged, number `index` of all, and a request to mend it."""

    scene: Scene
    kind: Damage
    request: str
    index: int

    def picture(self, truth: Picture) -> Picture:
        """The true picture [S, S, 3], damaged; S must be a multiple of 4."""
        return damaged(self.kind, truth, drawing("damage", self.index))


@dataclass(frozen=True, slots=True)
class Sketched:
    """A scene, its map of `kind`, and a request to paint from it, which quotes `brief` where there is one."""

    scene: Scene
    kind: Condition
    request: str
    brief: Brief | None

    @property
    def map(self) -> Picture:
        """The map, [128, 128, 3]."""
        return condition_of(self.kind, self.scene)

    @property
    def setting(self) -> str:
        """What it is called in the scores."""
        return f"{self.kind.value} and words" if self.brief else self.kind.value


def scenes(number: int) -> Iterator[Scene]:
    """The first `number` held-out scenes."""
    return (scene_at(Split.HELD_OUT, index) for index in range(number))


def painted(scene: Scene, side: int) -> Picture:
    """A scene's true picture, [side, side, 3]."""
    return resized(render(scene), side)


def drawing(purpose: str, index: int) -> Random:
    """What draws the wording of case `index`: the same in every run."""
    return Random(f"quality/{purpose}/{index}")  # noqa: S311 - a seeded world


def prompts(number: int) -> dict[str, list[Brief]]:
    """`number` briefs of one thing, of two, and of either that say where or how large one is."""
    return {
        ONE: list(islice(_briefs("one thing", (1,)), number)),
        TWO: list(islice(_briefs("two things", (0, 1)), number)),
        PLACED: list(islice((brief for brief in _briefs("places", (1, 1)) if _is_placing(brief)), number)),
    }


def _briefs(purpose: str, counts: tuple[int, ...]) -> Iterator[Brief]:
    for index in count():
        yield brief_of(scene_at(Split.HELD_OUT, index, counts=counts), drawing(purpose, index))


def _is_placing(brief: Brief) -> bool:
    return not {FactKind.SIZE, FactKind.PLACE, FactKind.RELATION}.isdisjoint(stated(brief))


def edits(number: int) -> Iterator[Changed]:
    """The first `number` requests for another scene, their kinds taking turns."""
    return islice(_edits(), number)


def _edits() -> Iterator[Changed]:
    held_out = count()
    for kind in cycle(EditKind):
        yield next(found for index in held_out if (found := _edit(index, kind)))


def _edit(index: int, kind: EditKind) -> Changed | None:
    scene = scene_at(Split.HELD_OUT, index)
    edit = edit_of(scene, drawing("edit", index), kind)
    return None if edit is None else Changed(scene, edit)


def questions(number: int) -> Iterator[Asked]:
    """The first `number` questions, their kinds taking turns."""
    for index, (scene, kind) in enumerate(zip(scenes(number), cycle(QuestionKind), strict=False)):
        yield Asked(scene, question_of(scene, drawing("question", index), kind))


def restylings(number: int) -> Iterator[Restyled]:
    """The first `number` requests for another style, styles taking turns."""
    for index, (scene, style) in enumerate(zip(scenes(number), cycle(STYLES[1:]), strict=False)):
        yield Restyled(scene, restyle_of(scene, drawing("style", index), style))


def damages(number: int) -> Iterator[Damaged]:
    """The first `number` damaged pictures, kinds taking turns."""
    for index, (scene, kind) in enumerate(zip(scenes(number), cycle(Damage), strict=False)):
        yield Damaged(scene, kind, repair_request(kind, drawing("repair", index)), index)


def sketches(number: int) -> Iterator[Sketched]:
    """The first `number` maps, kinds taking turns, every other round of them with a brief of the scene."""
    for index, (scene, kind) in enumerate(zip(scenes(number), cycle(Condition), strict=False)):
        random = drawing("sketch", index)
        brief = brief_of(scene, random) if index // len(Condition) % 2 else None
        yield Sketched(scene, kind, sketch_request(kind, random, brief.text if brief else None), brief)
