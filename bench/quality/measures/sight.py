"""What a picture shows, whatever it should: every thing found on it, by its pixels alone."""

from __future__ import annotations

from bench.quality.picture import Picture
from export.training.judge import Look
from export.training.regions import Region
from export.training.world import POSITIONS, Scene, Thing


def things_in(picture: Picture, style: str = "flat") -> list[Region]:
    """Every thing on a picture [128, 128, 3] that is drawn in `style`, whatever it should show."""
    return Look(picture, style).things()


def looks_like(region: Region, thing: Thing) -> bool:
    """Whether it has the thing's shape and colour."""
    return region.shape == thing.shape and region.colour == thing.colour


def stands(picture: Picture, scene: Scene) -> bool:
    """Whether the scene's two things stand to each other as their places say, wherever they are in the picture.

    To the left of something is any place further left; above it any that is higher.
    """
    found = things_in(picture, scene.style)
    seen = [[POSITIONS[r.position] for r in found if looks_like(r, thing)][:1] for thing in scene.things]
    if not all(seen):
        return False
    (first,), (second,) = seen
    wanted = [POSITIONS[thing.position] for thing in scene.things]
    # One axis alone decides: things that a word relates share the other coordinate.
    axis = 1 if wanted[0][0] == wanted[1][0] else 0
    return first[axis] != second[axis] and (first[axis] < second[axis]) == (wanted[0][axis] < wanted[1][axis])
