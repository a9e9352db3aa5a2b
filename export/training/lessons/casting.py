"""Things that stand in the words as pictures, painted anew."""

from __future__ import annotations

from random import Random

from export.training.lessons.lesson import Lesson, Turn
from export.training.lessons.turns import asked, painted
from export.training.library import Library, Subject
from export.training.subjects.request import boxed_request, plain_request

_BOXED = 0.35


def cast(subject: Subject, random: Random) -> Turn:
    """A request with segments in it and the picture they were taken from some frames earlier."""
    sighting = subject.sighting
    # Only a box tells where a video's own frame has a thing to the pixel.
    boxed = not sighting.straight or random.random() < _BOXED
    parts = boxed_request(sighting, random) if boxed else plain_request(sighting.scene, sighting.movers, random)
    content = [part if isinstance(part, str) else subject.segments[part] for part in parts]
    return [*asked(content), *painted(sighting.scene, subject.target, random)]


def casting_lesson(library: Library, random: Random) -> Lesson:
    """One request with up to three references."""
    return [cast(random.choice(library.subjects), random)]
