"""Agreement of a picture with its prompt in the procedural world: what CLIP-T stands for, judged on pixels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from bench.quality.measures.sight import stands
from bench.quality.picture import Picture, resized
from export.training.judge import Verdict, judge, judge_background, judge_style
from export.training.world import SIZES, TEXTURES, Brief, Thing
from export.training.world.captions import relation
from export.training.world.scene import SIDE


class FactKind(StrEnum):
    """What a prompt says of its picture."""

    COLOUR = "colour"
    SHAPE = "shape"
    SIZE = "size"
    TEXTURE = "texture"
    PLACE = "place"
    RELATION = "relation"
    BACKGROUND = "background"
    STYLE = "style"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something a prompt says, and whether the picture shows it."""

    kind: FactKind
    shown: bool


def stated(brief: Brief) -> list[FactKind]:
    """The kinds of fact that `brief` states, of every thing in turn."""
    return [kind for thing in brief.scene.things for kind in said_of(brief.text, thing)] + _said_of_all(brief)


def facts(picture: Picture, brief: Brief) -> list[Fact]:
    """What `brief` states, held against the picture.

    Of each thing its colour, and in that colour its shape; where the brief names them its size, texture and place, and
    how it stands to the other thing; the background's colour and the style where the brief names them.
    """
    seen, scene = resized(picture, SIDE), brief.scene
    found = [
        Fact(kind, _shown(kind, verdict))
        for thing, verdict in zip(scene.things, judge(seen, scene), strict=True)
        for kind in said_of(brief.text, thing)
    ]
    whole = {
        FactKind.RELATION: lambda: stands(seen, scene),
        FactKind.BACKGROUND: lambda: judge_background(seen, scene),
        FactKind.STYLE: lambda: judge_style(seen, scene),
    }
    return found + [Fact(kind, whole[kind]()) for kind in _said_of_all(brief)]


def share_of_facts(picture: Picture, brief: Brief) -> float:
    """The share, 0 to 1, of the facts a brief states that the picture shows."""
    return float(np.mean([fact.shown for fact in facts(picture, brief)]))


def share_in_place(verdicts: Sequence[Verdict], *, background: bool) -> float:
    """The share, 0 to 1, of things that stand where they should in their shape and colour, and the background's."""
    return float(np.mean([*(verdict.right and verdict.position for verdict in verdicts), background]))


def _shown(kind: FactKind, verdict: Verdict) -> bool:
    alone = {FactKind.COLOUR: verdict.colour, FactKind.SHAPE: verdict.right}
    beside = {FactKind.SIZE: verdict.size, FactKind.TEXTURE: verdict.texture, FactKind.PLACE: verdict.position}
    return alone[kind] if kind in alone else verdict.right and beside[kind]


def said_of(text: str, thing: Thing) -> list[FactKind]:
    """The kinds of fact that a brief's `text` states of a thing."""
    said = re.search(_phrase(thing), text)
    named = {
        FactKind.SIZE: said and said["size"],
        FactKind.TEXTURE: said and said["texture"],
        FactKind.PLACE: said and said["place"],
    }
    return [FactKind.COLOUR, FactKind.SHAPE, *(kind for kind, words in named.items() if words)]


def _said_of_all(brief: Brief) -> list[FactKind]:
    """Facts that the brief states of the whole scene."""
    things = brief.scene.things
    words = relation(*things) if len(things) == 2 else None
    named = {
        FactKind.RELATION: words is not None and words in brief.text,
        FactKind.BACKGROUND: brief.background,
        FactKind.STYLE: brief.scene.style != "flat",
    }
    return [kind for kind, said in named.items() if said]


def _phrase(thing: Thing) -> str:
    """What a brief may say of a thing: `small plain red circle at the top left`."""
    sizes, textures = "|".join(SIZES), "|".join(TEXTURES)
    kind = rf"{thing.colour} {thing.shape}"
    return rf"(?P<size>(?:{sizes}) )?(?P<texture>(?:{textures}) )?{kind}(?P<place> at the | in the )?"
