"""Videos keep what their things are while everything else about them changes."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.training.world import Split, render
from export.training.world.footage import film, turned_coverage
from export.training.world.render import coverage
from export.training.world.scene import SHAPES, SIDE, Background, Thing
from export.training.world.splits import split_of
from export.training.world.track import LARGEST_TURN, Motion, Pose, random_motion, track_of
from export.training.world.video import Mover, Video, random_video, video_at

THING = Thing("square", "red", "medium", "center", "plain")
WHITE, BLACK = Background("white", "plain"), Background("black", "plain")


def still(thing: Thing, frames: int = 2) -> Mover:
    return Mover(thing, track_of(thing, Motion(thing.centre, 0.0, 1.0, (0.0, 0.0)), frames))


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_a_seed_always_gives_the_same_video_of_things_that_stay_themselves(seed: int) -> None:
    video = random_video(Random(seed))
    assert video == random_video(Random(seed))
    colours = {mover.thing.colour for mover in video.movers}
    assert not colours & {video.before.colour, video.after.colour}
    assert video.opening.is_valid
    for mover in video.movers:
        first = mover.track[0]
        assert [first.x, first.y, first.radius] == [*mover.thing.centre, mover.thing.radius]
        assert all(abs(pose.angle) <= LARGEST_TURN for pose in mover.track)


def test_videos_belong_to_their_split_and_differ() -> None:
    videos = [video_at(split, index, frames=3) for split in Split for index in range(20)]
    assert len(set(videos)) == len(videos)
    assert all(split_of(video.opening) is Split.TRAIN for video in videos[:20])
    assert all(split_of(video.opening) is Split.HELD_OUT for video in videos[20:])


def test_things_move_turn_and_change_size() -> None:
    ends = [(m.track[0], m.track[-1]) for i in range(30) for m in video_at(Split.TRAIN, i).movers]
    assert np.mean([math.hypot(a.x - b.x, a.y - b.y) for a, b in ends]) > 20
    assert np.std([b.radius / a.radius for a, b in ends]) > 0.1
    assert np.std([b.angle - a.angle for a, b in ends]) > 0.2


def test_filmed_frames_have_pixels_and_visible_masks() -> None:
    video = video_at(Split.TRAIN, 3, frames=5)
    footage = film(video)
    assert footage.pixels.shape == (5, SIDE, SIDE, 3)
    assert footage.pixels.dtype == np.uint8
    assert footage.masks.shape == (len(video.movers), 5, SIDE, SIDE)
    assert footage.masks.sum(0).max() <= 1
    assert np.array_equal(film(video).pixels, footage.pixels)


@pytest.mark.parametrize("shape", SHAPES)
def test_an_unturned_thing_looks_as_in_a_still_scene(shape: str) -> None:
    thing = Thing(shape, "red", "large", "top left", "dotted")
    video = Video((still(thing),), WHITE, WHITE, (0.0, 1.0))
    assert np.array_equal(film(video).pixels[0], render(video.opening))
    assert coverage(thing)[1].sum() == pytest.approx(
        turned_coverage(shape, still(thing).track[0])[1].sum(),
    )


@settings(max_examples=40)
@given(st.sampled_from(SHAPES), st.floats(-math.pi, math.pi), st.floats(10, 30))
def test_turning_keeps_the_area_and_nothing_sticks_out(shape: str, angle: float, radius: float) -> None:
    upright = turned_coverage(shape, Pose(64.0, 64.0, radius, 0.0))[1]
    turned = turned_coverage(shape, Pose(64.0, 64.0, radius, angle))[1]
    assert turned.sum() == pytest.approx(upright.sum(), rel=0.06)
    assert not turned[[0, -1]].any()
    assert not turned[:, [0, -1]].any()


def test_a_turn_is_clockwise_on_the_screen() -> None:
    (rows, columns), covered = turned_coverage("triangle", Pose(64.0, 64.0, 20.0, math.pi / 2))
    tip = covered[64 - rows.start, 64 + 15 - columns.start], covered[64 - rows.start, 64 - 18 - columns.start]
    assert tip[0] > tip[1]


def test_what_is_in_front_hides_what_is_behind_and_what_is_outside_shows_nothing() -> None:
    front = Thing("circle", "blue", "large", "center", "plain")
    away = Mover(THING, (Pose(-90.0, 64.0, 20.0, 0.3),) * 2)
    hidden = film(Video((still(THING), still(front)), WHITE, WHITE, (0.0, 1.0))).masks
    assert hidden[0].sum() < 0.3 * hidden[1].sum()
    assert not film(Video((away,), WHITE, WHITE, (0.0, 1.0))).masks.any()


def test_the_background_turns_into_the_other_one() -> None:
    video = Video((still(THING, 5),), WHITE, BLACK, (1.0, 3.0))
    corner = film(video).pixels[:, 0, 0, 0].tolist()
    assert corner == [246, 246, 136, 26, 26]


def test_wrong_videos_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="movers have tracks"):
        Video((still(THING, 2), still(THING, 3)), WHITE, WHITE, (0.0, 1.0))
    with pytest.raises(ValueError, match="fade"):
        Video((still(THING),), WHITE, WHITE, (1.0, 1.0))
    with pytest.raises(ValueError, match="scale"):
        Motion((0.0, 0.0), 0.0, 0.0, (0.0, 0.0))
    with pytest.raises(ValueError, match="turn"):
        Motion((0.0, 0.0), 0.0, 1.0, (0.0, 2.0))
    assert random_motion(Random(0)) == random_motion(Random(0))
