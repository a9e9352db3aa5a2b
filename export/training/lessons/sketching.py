"""Pictures that follow a condition map, with and without words about them."""

from __future__ import annotations

from random import Random

from export.training.lessons.lesson import Lesson, Turn
from export.training.lessons.turns import beside, in_reading_order, painted
from export.training.library import Library, Sketch
from export.training.talk.sketches import sketch_request
from export.training.world import brief_of

_CAPTIONED = 0.6


def followed(library: Library, sketch: Sketch, random: Random) -> Turn:
    """A map with a request to follow it, and a picture that does."""
    scene = in_reading_order(library.scene(sketch.picture))
    caption = brief_of(scene, random).text if random.random() < _CAPTIONED else None
    request = sketch_request(sketch.condition, random, caption)
    return [*beside(sketch.map, request, random), *painted(scene, sketch.picture, random)]


def sketching_lesson(library: Library, random: Random) -> Lesson:
    """One map."""
    return [followed(library, random.choice(library.sketches), random)]
