"""Conversation about scenes: questions with answers, and requests that change a scene."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from export.training.world.captions import article, dense_caption, place
from export.training.world.palette import BACKGROUND_COLOURS, OBJECT_COLOURS
from export.training.world.scene import Background, Scene, Thing

_COUNTS = ("no objects", "one object", "two objects", "three objects")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question about a picture and its true answer."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A request and the scene that answers it."""

    request: str
    result: Scene


def _caption(scene: Scene, random: Random) -> Exchange:
    question = random.choice(("Describe this picture.", "What is in this image?", "What do you see here?"))
    return Exchange(question, dense_caption(scene, random))


def _count(scene: Scene, random: Random) -> Exchange:
    number = len(scene.things)
    question = random.choice(("How many objects are there?", "How many objects are in the picture?"))
    return Exchange(question, f"There {'is' if number == 1 else 'are'} {_COUNTS[number]}.")


def _unique(scene: Scene, random: Random) -> Thing:
    """A thing whose shape names it."""
    shapes = [thing.shape for thing in scene.things]
    named = [thing for thing in scene.things if shapes.count(thing.shape) == 1]
    return random.choice(named or list(scene.things[:1]))


def _colour(scene: Scene, random: Random) -> Exchange:
    thing = _unique(scene, random)
    return Exchange(f"What color is the {thing.shape}?", f"The {thing.shape} is {thing.colour}.")


def _where(scene: Scene, random: Random) -> Exchange:
    thing = _unique(scene, random)
    return Exchange(f"Where is the {thing.shape}?", f"The {thing.shape} is {place(thing.position)}.")


def _background(scene: Scene, random: Random) -> Exchange:  # noqa: ARG001 - every question's signature
    return Exchange("What color is the background?", f"The background is {scene.background.colour}.")


def _shapes(scene: Scene, random: Random) -> Exchange:
    names = [article(f"{thing.colour} {thing.shape}") for thing in scene.things]
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
    return Exchange(random.choice(("Which objects are there?", "What objects do you see?")), f"I see {listed}.")


_QUESTIONS = (_caption, _caption, _count, _colour, _where, _background, _shapes)


def question_of(scene: Scene, random: Random) -> Exchange:
    """A question about `scene`, answered."""
    return random.choice(_QUESTIONS)(scene, random)


def _recolour(scene: Scene, random: Random) -> Edit:
    thing = _unique(scene, random)
    colour = random.choice([name for name in OBJECT_COLOURS if name not in {thing.colour, scene.background.colour}])
    things = tuple(replace(other, colour=colour) if other is thing else other for other in scene.things)
    request = random.choice(("Make the {} {}.", "Change the color of the {} to {}.", "Turn the {} {}."))
    return Edit(request.format(thing.shape, colour), replace(scene, things=things))


def _new_background(scene: Scene, random: Random) -> Edit:
    taken = {scene.background.colour, *(thing.colour for thing in scene.things)}
    colour = random.choice([name for name in BACKGROUND_COLOURS if name not in taken])
    request = random.choice(("Make the background {}.", "Change the background to {}."))
    return Edit(request.format(colour), replace(scene, background=Background(colour, scene.background.texture)))


def edit_of(scene: Scene, random: Random) -> Edit | None:
    """A request that changes one colour of `scene`, or None where the result would not be a valid scene."""
    edit = random.choice((_recolour, _new_background))(scene, random)
    return edit if edit.result.is_valid else None
