"""The library leads from row to row, and from nothing held out."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from export.training.library import Library
from export.training.pictures import Damaged, Frame, Mapped, Segment, pixels_of
from export.training.stocking import Contents, build_library
from export.training.world import Scene, Split, render
from export.training.world.splits import split_of


def test_every_scene_belongs_to_the_training_split(library: Library) -> None:
    scenes = [picture for picture in library.pictures if isinstance(picture, Scene)]
    assert len(scenes) > 100
    assert all(split_of(scene) is Split.TRAIN and scene.is_valid for scene in scenes)


def test_a_library_has_about_as_many_rows_as_it_was_asked_for_and_is_always_the_same(library: Library) -> None:
    assert abs(len(library.pictures) - 240) < 10
    assert build_library(Contents(240)).pictures == library.pictures


def test_stories_go_on_where_they_were(library: Library) -> None:
    assert library.stories
    for story in library.stories:
        for one, following in pairwise(story):
            assert following.before == one.after
        for change in story:
            assert library.scene(change.before) != library.scene(change.after)
            assert change.request.endswith(".")


def test_repairs_and_sketches_show_the_scene_they_lead_to(library: Library) -> None:
    for repair in library.repairs:
        spoiled = library.pictures[repair.spoiled]
        assert isinstance(spoiled, Damaged)
        assert (spoiled.scene, spoiled.damage) == (library.scene(repair.whole), repair.damage)
    for sketch in library.sketches:
        mapped = library.pictures[sketch.map]
        assert isinstance(mapped, Mapped)
        assert (mapped.scene, mapped.condition) == (library.scene(sketch.picture), sketch.condition)
    assert {repair.damage for repair in library.repairs} == set(type(library.repairs[0].damage))


def test_subjects_show_things_of_the_picture_to_paint(library: Library) -> None:
    assert len({len(subject.segments) for subject in library.subjects}) > 1
    for subject in library.subjects:
        things = library.scene(subject.target).things
        for row, mover in zip(subject.segments, subject.sighting.movers, strict=True):
            segment = library.pictures[row]
            assert isinstance(segment, Segment)
            assert segment.video.movers[segment.mover].thing == things[mover]


def test_a_straight_subjects_target_is_its_scenes_picture(library: Library) -> None:
    straight = next(subject for subject in library.subjects if subject.sighting.straight)
    assert np.array_equal(pixels_of(library.pictures[straight.target]), render(straight.sighting.scene))
    filmed = next(subject for subject in library.subjects if not subject.sighting.straight)
    assert library.pictures[filmed.target] == Frame(filmed.sighting.video, 0)
    assert any(thing.shift != (0, 0) for thing in filmed.sighting.scene.things)


def test_ways_lead_to_their_row(library: Library) -> None:
    begun = {story[0].before for story in library.stories}
    assert begun & library.ways.keys()
    assert all(library.scene(row) for row in library.ways)


def test_a_row_without_a_scene_says_so(library: Library) -> None:
    with pytest.raises(ValueError, match="Damaged, no scene"):
        library.scene(library.repairs[0].spoiled)


def test_contents_must_add_up() -> None:
    with pytest.raises(ValueError, match=r"add up to 1\.1"):
        Contents(100, flat=0.38)
