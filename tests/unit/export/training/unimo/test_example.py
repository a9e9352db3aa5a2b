"""Examples know where their subjects stand and keep held-out combinations apart."""

from __future__ import annotations

from itertools import islice

import numpy as np

from export.training.judge import judge
from export.training.unimo.example import ends, example_at, examples, held_out
from export.training.world.footage import film
from export.training.world.palette import RGB
from export.training.world.splits import Split, split_of
from export.training.world.video import video_at


def test_both_ends_of_a_video_are_its_first_and_later_frame() -> None:
    video = video_at(Split.TRAIN, 1, frames=26)
    whole, short = film(video), film(ends(video, 25))
    assert np.array_equal(short.pixels, whole.pixels[[0, 25]])
    assert np.array_equal(short.masks, whole.masks[:, [0, 25]])


def test_a_mask_holds_its_subjects_colour_and_a_segment_holds_nothing_else() -> None:
    for example in islice(examples(Split.TRAIN), 4):
        for subject in example.subjects:
            own = np.asarray(RGB[subject.thing.colour])
            assert (np.abs(example.picture[subject.mask] - own).sum(1) < 160).mean() > 0.9
            coloured = (np.abs(subject.segment.astype(int) - RGB["white"]).sum(2) > 30).mean()
            assert 0.4 < coloured / subject.mask.mean() < 2.6


def test_every_subject_of_a_scene_is_there_and_to_be_seen() -> None:
    for example in islice(examples(Split.TRAIN), 4):
        assert [subject.thing for subject in example.subjects] == list(example.scene.things)
        assert all(verdict.position for verdict in judge(example.picture, example.scene))


def test_held_out_examples_are_of_held_out_combinations_and_of_both_kinds() -> None:
    asked = held_out(2)
    assert [len(example.subjects) for example in asked] == [1, 1, 2, 2]
    assert {split_of(example.scene) for example in asked} == {Split.HELD_OUT}
    assert {split_of(example.scene) for example in islice(examples(Split.TRAIN), 4)} == {Split.TRAIN}


def test_videos_of_three_things_make_no_example() -> None:
    index = next(index for index in range(99) if len(video_at(Split.TRAIN, index, frames=26).movers) == 3)
    assert example_at(Split.TRAIN, index) is None
