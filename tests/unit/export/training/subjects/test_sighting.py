"""Sightings pair a picture with its things as they look later."""

from __future__ import annotations

import numpy as np

from export.training.pictures import Frame, pixels_of
from export.training.subjects.sighting import sighting_at
from export.training.world import Split, render
from export.training.world.splits import split_of


def test_a_straight_sighting_starts_with_its_scenes_picture() -> None:
    found = [sighting_at(Split.TRAIN, index, straight=True) for index in range(7)]
    sightings = [sighting for sighting in found if sighting]
    assert len(sightings) > 2
    for sighting in sightings:
        assert np.array_equal(pixels_of(Frame(sighting.video, 0)), render(sighting.scene))
        assert all(thing.shift == (0, 0) for thing in sighting.scene.things)


def test_alone_leaves_one_thing_of_the_split() -> None:
    found = [sighting_at(Split.TRAIN, index, straight=True, alone=True) for index in range(7)]
    sightings = [sighting for sighting in found if sighting]
    assert len(sightings) > 2
    for sighting in sightings:
        assert len(sighting.scene.things) == len(sighting.segments) == 1
        assert split_of(sighting.scene) is Split.TRAIN


def test_nearby_frames_look_more_alike_than_distant_ones() -> None:
    def moved(t_ref: int) -> float:
        found = [sighting_at(Split.TRAIN, index, straight=False, t_ref=t_ref) for index in range(7)]
        pairs = [(pixels_of(Frame(s.video, 0)), pixels_of(Frame(s.video, 1))) for s in found if s]
        return float(np.mean([np.abs(one.astype(int) - other).mean() for one, other in pairs]))

    assert moved(2) < moved(12) < moved(50)


def test_the_caption_names_every_instance() -> None:
    found = [sighting_at(Split.TRAIN, index, straight=True) for index in range(7)]
    for sighting in (sighting for sighting in found if sighting):
        for (span, box), mover in zip(sighting.named, sighting.movers, strict=True):
            thing = sighting.video.movers[mover].thing
            words = sighting.caption.text[span.start : span.end]
            assert words.endswith(f"{thing.texture} {thing.colour} {thing.shape}")
            assert box.count("<loc-") == 4
