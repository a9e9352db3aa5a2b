"""Sightings: a picture to paint, and its things as they look some frames later."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Final

from export.training.diic.caption import Caption, Span
from export.training.diic.ends import ends, straightened
from export.training.diic.location import location_tokens
from export.training.diic.pair import Recipe, pair_of
from export.training.diic.procedural import procedural_sources
from export.training.pictures import Frame, Segment
from export.training.world.footage import film
from export.training.world.scene import SIDE, Scene
from export.training.world.splits import Split, split_of
from export.training.world.video import FRAMES, Video, video_at

NEAREST, FARTHEST = 2, 50
_ENDS: Final = Recipe(t_ref=1)


@dataclass(frozen=True, slots=True)
class Sighting:
    """Two frames of a video; `caption` is the first's.

    `named` has the span and the location tokens of every instance that can be learned from, `movers` which of the
    video's movers each is. A `straight` video's first frame is its opening scene's picture, pixel by pixel.
    """

    video: Video
    caption: Caption
    named: tuple[tuple[Span, str], ...]
    movers: tuple[int, ...]
    straight: bool

    @property
    def scene(self) -> Scene:
        """What the picture to paint shows."""
        return self.video.opening

    @property
    def target(self) -> Scene | Frame:
        """The picture to paint."""
        return self.scene if self.straight else Frame(self.video, 0)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The instances as references, in the caption's order."""
        return tuple(Segment(self.video, 1, mover) for mover in self.movers)


def sighting_at(
    split: Split, index: int, *, straight: bool, alone: bool = False, t_ref: int | None = None
) -> Sighting | None:
    """Sighting number `index` of a split, `t_ref` frames apart; between 2 and 50, drawn, where none is given.

    `alone` takes all things but the last away. None where no thing has a usable segment, or where what is left does
    not belong to the split.
    """
    random = Random(f"sighting/{split.value}/{index}")  # noqa: S311 - a seeded world
    apart = random.randint(NEAREST, FARTHEST) if t_ref is None else t_ref
    video = ends(video_at(split, index, frames=max(FRAMES, apart + 1)), apart)
    video = straightened(video) if straight else video
    # The last thing lies before the others, so what it shows is all of it.
    video = replace(video, movers=video.movers[-1:]) if alone else video
    if split_of(video.opening) is not split:
        return None
    footage = film(video)
    pair = pair_of(footage.pixels, procedural_sources(video, footage, f"sighting/{index}"), _ENDS)
    if not pair.instances:
        return None
    named = tuple((instance.span, location_tokens(instance.box, SIDE, SIDE)) for instance in pair.instances)
    # The caption names the things in their order.
    movers = tuple(pair.caption.spans.index(instance.span) for instance in pair.instances)
    return Sighting(video, pair.caption, named, movers, straight)
