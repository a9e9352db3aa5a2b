"""Questions about a picture and their true answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from export.training.talk.naming import noun_of, noun_without_colour, noun_without_shape
from export.training.world.captions import article, dense_caption, place
from export.training.world.palette import OBJECT_COLOURS
from export.training.world.scene import SHAPES, Scene

_NUMBERS: Final = ("no objects", "one object", "two objects", "three objects")
_PRESENT: Final = 0.5


class QuestionKind(StrEnum):
    """What a question asks for."""

    CAPTION = "description"
    COUNT = "how many"
    COLOUR = "colour of a thing"
    SHAPE = "shape of a thing"
    PLACE = "place of a thing"
    BACKGROUND = "colour of the background"
    THINGS = "which things"
    PRESENCE = "whether there is a thing"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question about a picture and its true answer."""

    question: str
    answer: str
    kind: QuestionKind


def question_of(scene: Scene, random: Random, kind: QuestionKind | None = None) -> Exchange:
    """A question about `scene`, answered; of any kind where none is given, descriptions twice as often as others."""
    chosen = kind or random.choice((*QuestionKind, QuestionKind.CAPTION))
    wording, answer = _ANSWERS[chosen](scene, random)
    return Exchange(wording, answer, chosen)


def _caption(scene: Scene, random: Random) -> tuple[str, str]:
    questions = ("Describe this picture.", "Describe the image.", "What is in this image?", "What do you see here?")
    return random.choice(questions), dense_caption(scene, random)


def _count(scene: Scene, random: Random) -> tuple[str, str]:
    questions = ("How many objects are there?", "How many objects are in the picture?", "How many objects do you see?")
    number = len(scene.things)
    return random.choice(questions), f"There {'is' if number == 1 else 'are'} {_NUMBERS[number]}."


def _colour(scene: Scene, random: Random) -> tuple[str, str]:
    thing = random.choice(scene.things)
    noun = noun_without_colour(thing, scene)
    questions = ("What color is the {}?", "Which color does the {} have?", "What is the color of the {}?")
    return random.choice(questions).format(noun), f"The {noun} is {thing.colour}."


def _shape(scene: Scene, random: Random) -> tuple[str, str]:
    thing = random.choice(scene.things)
    noun = noun_without_shape(thing, scene)
    questions = ("What shape is the {}?", "Which shape does the {} have?", "What is the shape of the {}?")
    return random.choice(questions).format(noun), f"The {noun} is {article(thing.shape)}."


def _place(scene: Scene, random: Random) -> tuple[str, str]:
    thing = random.choice(scene.things)
    noun = noun_of(thing, scene)
    questions = ("Where is the {}?", "Where in the picture is the {}?", "Where do you see the {}?")
    return random.choice(questions).format(noun), f"The {noun} is {place(thing.position)}."


def _background(scene: Scene, random: Random) -> tuple[str, str]:
    questions = (
        "What color is the background?",
        "Which color does the background have?",
        "What is the color of the background?",
    )
    return random.choice(questions), f"The background is {scene.background.colour}."


def _things(scene: Scene, random: Random) -> tuple[str, str]:
    questions = ("Which objects are there?", "What objects do you see?", "Which objects are in the picture?")
    names = [article(f"{thing.colour} {thing.shape}") for thing in scene.things]
    listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
    return random.choice(questions), f"I see {listed}."


def _presence(scene: Scene, random: Random) -> tuple[str, str]:
    there = [(thing.colour, thing.shape) for thing in scene.things]
    present = random.random() < _PRESENT
    colour, shape = random.choice(there if present else _near_misses(there))
    questions = ("Is there {}?", "Is there {} in the picture?", "Do you see {}?")
    asked = article(f"{colour} {shape}")
    answer = f"Yes, there is {asked}." if present else f"No, there is no {colour} {shape}."
    return random.choice(questions).format(asked), answer


def _near_misses(there: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Pairs of colour and shape that no thing has, but one of the two is there: both must be looked at to say no."""
    colours, shapes = ({pair[at] for pair in there} for at in (0, 1))
    every = [(colour, shape) for colour in OBJECT_COLOURS for shape in SHAPES]
    return [pair for pair in every if pair not in there and (pair[0] in colours or pair[1] in shapes)]


_ANSWERS: Final = {
    QuestionKind.CAPTION: _caption,
    QuestionKind.COUNT: _count,
    QuestionKind.COLOUR: _colour,
    QuestionKind.SHAPE: _shape,
    QuestionKind.PLACE: _place,
    QuestionKind.BACKGROUND: _background,
    QuestionKind.THINGS: _things,
    QuestionKind.PRESENCE: _presence,
}
