"""Things of held-out videos as segments, and new scenes they are to be painted in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice
from random import Random
from typing import Final

from bench.quality.picture import Picture
from bench.quality.subjects.message import Content
from bench.quality.suites.scenes import drawing
from export.training.diic.ends import ends
from export.training.diic.interleaved import Part
from export.training.diic.pair import Recipe, pair_of
from export.training.diic.procedural import procedural_sources
from export.training.subjects.request import plain_request
from export.training.world import BACKGROUND_COLOURS, POSITIONS, SIZES, TEXTURES, Background, Scene, Split, Thing
from export.training.world.captions import place
from export.training.world.footage import film
from export.training.world.scene import MOST_THINGS
from export.training.world.splits import split_of
from export.training.world.video import Video, video_at

# Frames between the picture and its segments in WeGen's Table 4, and its best.
T_REFS: Final = (2, 8, 25, 50)
T_REF: Final = 25


@dataclass(frozen=True, slots=True)
class Sighted:
    """A new scene in words in which the things numbered `shown` stand as pictures: `parts` has their indices.

    Cases of the same `number` differ in their segments alone.
    """

    setting: str
    number: int
    scene: Scene
    shown: tuple[int, ...]
    segments: tuple[Picture, ...]
    parts: tuple[Part, ...]

    @property
    def content(self) -> Content:
        """The message."""
        return [part if isinstance(part, str) else self.segments[part] for part in self.parts]

    @property
    def words(self) -> str:
        """The message without its pictures."""
        return "".join(part for part in self.parts if isinstance(part, str))


@dataclass(frozen=True, slots=True)
class Cast:
    """Usable things of video number `index`, and each one's segment by t_ref."""

    index: int
    things: tuple[Thing, ...]
    segments: dict[int, tuple[Picture, ...]]


def single(number: int, t_refs: Sequence[int] = T_REFS) -> Iterator[Sighted]:
    """`number` lone things in new scenes, each once a t_ref: the same scenes and words for all of them."""
    for found, (cast, scene) in enumerate(islice(_staged(t_refs, None), number)):
        parts = _request(scene, (0,), drawing("subject words", cast.index))
        for t_ref in t_refs:
            yield Sighted(setting_of(t_ref), found, scene, (0,), cast.segments[t_ref][:1], parts)


def several(number: int) -> Iterator[Sighted]:
    """`number` new scenes of one thing, of two and of three, all of them shown."""
    for size in range(1, MOST_THINGS + 1):
        for found, (cast, scene) in enumerate(islice(_staged((T_REF,), size), number)):
            shown = tuple(range(size))
            parts = _request(scene, shown, drawing("subjects words", cast.index))
            yield Sighted(number_of(size), found, scene, shown, cast.segments[T_REF], parts)


def _request(scene: Scene, shown: Sequence[int], random: Random) -> tuple[Part, ...]:
    """A request that says where everything is to stand and before what, and nothing of how the shown things look."""
    while True:
        parts = plain_request(scene, shown, random)
        words = "".join(part for part in parts if isinstance(part, str))
        looks = {look for number in shown for look in (scene.things[number].colour, scene.things[number].shape)}
        told = (f"{scene.background.colour} background", *(place(thing.position) for thing in scene.things))
        if looks.isdisjoint(re.findall(r"\w+", words)) and all(phrase in words for phrase in told):
            return parts


def setting_of(t_ref: int) -> str:
    """What a t_ref is called in the scores."""
    return f"t_ref {t_ref}"


def number_of(references: int) -> str:
    """What a number of references is called in the scores."""
    return f"{references} reference{'s' if references > 1 else ''}"


def _staged(t_refs: Sequence[int], size: int | None) -> Iterator[tuple[Cast, Scene]]:
    """Casts of all things of videos of `size` things, or of the first usable thing of any, and a new scene for each."""
    for index in count():
        video = video_at(Split.HELD_OUT, index, frames=max(t_refs) + 1)
        if size in (None, len(video.movers)):
            cast = _cast(index, video, t_refs)
            things = cast.things if size else cast.things[:1]
            scene = _scene(things, drawing("new scene", index)) if len(things) == (size or 1) else None
            if scene:
                yield cast, scene


def _cast(index: int, video: Video, t_refs: Sequence[int]) -> Cast:
    """The video's things that are usable at every t_ref."""
    segments = {t_ref: _segments(ends(video, t_ref), f"quality/{index}") for t_ref in t_refs}
    usable = sorted(set.intersection(*(set(each) for each in segments.values())))
    return Cast(
        index,
        tuple(video.opening.things[number] for number in usable),
        {t_ref: tuple(each[number] for number in usable) for t_ref, each in segments.items()},
    )


def _segments(video: Video, seed: str) -> dict[int, Picture]:
    """The segments in the second of two frames, by the number of their thing."""
    footage = film(video)
    pair = pair_of(footage.pixels, procedural_sources(video, footage, seed), Recipe(t_ref=1))
    # The caption names the things in their order.
    return {pair.caption.spans.index(instance.span): instance.segment for instance in pair.instances}


def _scene(things: Sequence[Thing], random: Random) -> Scene | None:
    """The same things elsewhere, in other sizes and before another background; None where none of 100 is held out."""
    for _ in range(100):
        places = random.sample(list(POSITIONS), len(things))
        moved = tuple(
            replace(thing, position=place, size=random.choice(list(SIZES)), shift=(0, 0))
            for thing, place in zip(things, places, strict=True)
        )
        scene = Scene(moved, Background(random.choice(BACKGROUND_COLOURS), random.choice(TEXTURES)))
        if scene.is_valid and split_of(scene) is Split.HELD_OUT:
            return scene
    return None
