"""Sources that answer from the world's own knowledge of a video, through the same narrow questions as real ones."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np

from export.training.diic.box import Box
from export.training.diic.caption import Caption, caption_of
from export.training.diic.sources import Mask, Pixels, RewritePair, Sources
from export.training.world.captions import article, background_phrase, brief_of, dense_caption, place
from export.training.world.footage import Footage
from export.training.world.scene import Thing
from export.training.world.video import Video


class Witness:
    """Knows one video and answers about its first frame; ValueError when shown anything else."""

    def __init__(self, video: Video, footage: Footage, seed: str) -> None:
        self._video = video
        self._footage = footage
        self._seed = seed

    def caption(self, frame: Pixels) -> Caption:
        """Every thing by texture, colour and shape, half the time with its place, on its background."""
        self._check(frame)
        random = self._random("caption")
        things = self._video.opening.things
        placed = random.random() < 0.5
        pieces: list[tuple[str, bool]] = []
        for index, thing in enumerate(things):
            words = article(name(thing))
            pieces.append((words if index else words[0].upper() + words[1:], True))
            after = f" {place(thing.position)}" if placed else ""
            pieces.append((after + _joint(index, len(things)), False))
        return caption_of([*pieces, (f" on {background_phrase(self._video.before)}.", False)])

    def boxes(self, frame: Pixels, phrases: Sequence[str]) -> list[Box | None]:
        """The box of each named thing's visible pixels."""
        self._check(frame)
        names = [name(thing) for thing in self._video.opening.things]
        bare = [phrase.split(" ", 1)[-1] for phrase in phrases]
        found = [names.index(phrase) if phrase in names else None for phrase in bare]
        return [None if index is None else Box.around(self._footage.masks[index, 0]) for index in found]

    def track(self, clip: Pixels, boxes: Sequence[Box]) -> Mask:
        """The true visible pixels of the thing that fills each box best."""
        self._check(clip[0])
        masks = self._footage.masks[:, : len(clip)]
        opening = [Box.around(mask) for mask in masks[:, 0]]
        fits = [[one.overlap(box) if one else 0.0 for one in opening] for box in boxes]
        return masks[[int(np.argmax(fit)) for fit in fits]]

    def describe(self, frame: Pixels) -> RewritePair:
        """The world's own brief and dense captions of the opening scene."""
        self._check(frame)
        random = self._random("rewrite")
        scene = self._video.opening
        return RewritePair(brief_of(scene, random).text, dense_caption(scene, random))

    def _random(self, purpose: str) -> Random:
        return Random(f"{self._seed}/{purpose}")  # noqa: S311 - seeded data, not a secret

    def _check(self, frame: Pixels) -> None:
        if not np.array_equal(frame, self._footage.pixels[0]):
            raise ValueError("frame: not the first frame of the video these sources know")


def name(thing: Thing) -> str:
    """What makes a thing itself, whatever frame it is in: `striped red star`."""
    return f"{thing.texture} {thing.colour} {thing.shape}"


def _joint(index: int, count: int) -> str:
    return {count - 1: "", count - 2: " and "}.get(index, ", ")


def procedural_sources(video: Video, footage: Footage, seed: str) -> Sources:
    """All four questions answered for `video`, filmed as `footage`; `seed` varies the wording."""
    witness = Witness(video, footage, seed)
    return Sources(witness, witness, witness, witness)
