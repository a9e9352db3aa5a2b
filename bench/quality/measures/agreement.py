"""Agreement of a picture with its prompt in the procedural world: what CLIP-T stands for, judged on pixels."""

from __future__ import annotations

import re

import numpy as np

from bench.quality.picture import Picture, resized
from export.training.judge import Verdict, judge, judge_background
from export.training.world import SIZES, TEXTURES, Brief, Scene, Thing
from export.training.world.scene import SIDE


def share_of_facts(picture: Picture, brief: Brief) -> float:
    """The share, 0 to 1, of the facts a brief states that the picture shows.

    Facts: of each thing its colour, its shape in that colour, and where the brief names them its size and place; the
    background's colour where the brief names it. Textures and relations ("above") are not judged.
    """
    seen = resized(picture, SIDE)
    facts = [
        fact
        for thing, verdict in zip(brief.scene.things, judge(seen, brief.scene), strict=True)
        for fact in _thing_facts(brief.text, thing, verdict)
    ]
    if brief.background:
        facts.append(judge_background(seen, brief.scene))
    return float(np.mean(facts))


def share_of_scene(picture: Picture, scene: Scene) -> float:
    """The share, 0 to 1, of things that stand where they should in their shape and colour, and the background's."""
    seen = resized(picture, SIDE)
    things = [verdict.right and verdict.position for verdict in judge(seen, scene)]
    return float(np.mean([*things, judge_background(seen, scene)]))


def _thing_facts(text: str, thing: Thing, verdict: Verdict) -> list[bool]:
    facts = [verdict.colour, verdict.right]
    said = re.search(_phrase(thing), text)
    if said and said["size"]:
        facts.append(verdict.right and verdict.size)
    if said and said["place"]:
        facts.append(verdict.right and verdict.position)
    return facts


def _phrase(thing: Thing) -> str:
    """What a brief may say of a thing: `small plain red circle at the top left`."""
    sizes, textures = "|".join(SIZES), "|".join(TEXTURES)
    kind = rf"{thing.colour} {thing.shape}"
    return rf"(?P<size>(?:{sizes}) )?(?:(?:{textures}) )?{kind}(?P<place> at the | in the )?"
