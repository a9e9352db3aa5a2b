"""Damaged pictures made whole: restoration, inpainting, outpainting, super-resolution."""

from __future__ import annotations

from random import Random

from export.training.lessons.lesson import Lesson, Turn
from export.training.lessons.turns import beside, in_reading_order, painted
from export.training.library import Library, Repair
from export.training.talk.repairs import repair_request


def repaired(library: Library, repair: Repair, random: Random) -> Turn:
    """A damaged picture with a request to mend it, and the whole picture."""
    request = repair_request(repair.damage, random)
    scene = in_reading_order(library.scene(repair.whole))
    return [*beside(repair.spoiled, request, random), *painted(scene, repair.whole, random)]


def repairing_lesson(library: Library, random: Random) -> Lesson:
    """One repair."""
    return [repaired(library, random.choice(library.repairs), random)]
