"""Examples: a picture, and its subjects as they look in a later frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, islice

from export.training.diic.pair import Recipe, pair_of
from export.training.diic.procedural import procedural_sources
from export.training.diic.sources import Mask, Pixels
from export.training.world.footage import film
from export.training.world.scene import Scene, Thing
from export.training.world.splits import Split
from export.training.world.video import Video, video_at

MOST_SUBJECTS = 2
_T_REF = 25


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing, its segment [128, 128, 3] from a later frame, and its true mask [128, 128] in the picture."""

    thing: Thing
    segment: Pixels
    mask: Mask


@dataclass(frozen=True, slots=True)
class Example:
    """A picture [128, 128, 3] of `scene`; `subjects` are its things, all of them, in the order captions name them."""

    name: str
    scene: Scene
    picture: Pixels
    subjects: tuple[Subject, ...]


def ends(video: Video, t_ref: int) -> Video:
    """Frames 0 and `t_ref` of a video as one of two frames: all a frame pair needs is filmed."""
    first, last = video.fade
    movers = tuple(replace(mover, track=(mover.track[0], mover.track[t_ref])) for mover in video.movers)
    return replace(video, movers=movers, fade=(first / t_ref, last / t_ref))


def example_at(split: Split, index: int, t_ref: int = _T_REF) -> Example | None:
    """The example of a split's video number `index`: None where it has more than two things or one is unusable.

    Segments are t_ref frames away (WeGen, 3.2), so that none can be copied to its place.
    """
    video = video_at(split, index, frames=t_ref + 1)
    if len(video.movers) > MOST_SUBJECTS:
        return None
    name, pictured = f"{split.value}-{index:06d}", ends(video, t_ref)
    footage = film(pictured)
    pair = pair_of(footage.pixels, procedural_sources(pictured, footage, name), Recipe(t_ref=1))
    if len(pair.instances) < len(video.movers):
        return None
    # Captions name things in the scene's order, and instances keep the caption's.
    subjects = tuple(
        Subject(mover.thing, instance.segment, mask)
        for mover, instance, mask in zip(video.movers, pair.instances, footage.masks[:, 0], strict=True)
    )
    return Example(name, video.opening, pair.first, subjects)


def examples(split: Split, *, subjects: int | None = None) -> Iterator[Example]:
    """A split's examples without end, in order; only those of `subjects` subjects where given."""
    for index in count():
        example = example_at(split, index)
        if example is not None and subjects in (None, len(example.subjects)):
            yield example


def held_out(each: int) -> list[Example]:
    """`each` held-out examples of one subject, then as many of two."""
    kinds = range(1, MOST_SUBJECTS + 1)
    return [example for kind in kinds for example in islice(examples(Split.HELD_OUT, subjects=kind), each)]
