"""Names by which a person points at one thing of a scene, and at no other."""

from __future__ import annotations

from export.training.world.captions import place
from export.training.world.scene import Scene, Thing


def noun_of(thing: Thing, scene: Scene) -> str:
    """The thing's shape, with its colour where another thing has that shape too: `star` or `red star`."""
    return thing.shape if _alone(thing, scene, "shape") else f"{thing.colour} {thing.shape}"


def noun_without_colour(thing: Thing, scene: Scene) -> str:
    """The thing's shape, with its place where another thing has that shape too: `star at the top left`."""
    return thing.shape if _alone(thing, scene, "shape") else f"{thing.shape} {place(thing.position)}"


def noun_without_shape(thing: Thing, scene: Scene) -> str:
    """`red object`, or its place where another thing has that colour too: `object at the top left`."""
    alone = _alone(thing, scene, "colour")
    return f"{thing.colour} object" if alone else f"object {place(thing.position)}"


def _alone(thing: Thing, scene: Scene, attribute: str) -> bool:
    return [getattr(other, attribute) for other in scene.things].count(getattr(thing, attribute)) == 1
