"""Pairs: what is told of an instance comes from the right frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.training.diic.box import Box
from export.training.diic.checks import Verdict
from export.training.diic.dropping import Dropping
from export.training.diic.pair import BoxFrame, Recipe, pair_of
from export.training.diic.procedural import procedural_sources
from export.training.diic.sample import sample_of
from export.training.diic.sources import Pixels, Sources
from export.training.facts import Grammar, parse_dense
from export.training.world import Split
from export.training.world.footage import film
from export.training.world.video import video_at


def test_boxes_come_from_the_first_frame_and_segments_from_the_later(clip: Pixels, sources: Sources) -> None:
    pair = pair_of(clip, sources, Recipe(t_ref=3))
    assert np.array_equal(pair.first, clip[0])
    assert np.array_equal(pair.later, clip[3])
    assert pair.verdicts == (Verdict.KEPT, Verdict.KEPT, Verdict.UNFOUND)
    assert [instance.box for instance in pair.instances] == [Box(20, 10, 36, 26), Box(40, 30, 56, 46)]
    assert [Box.around(instance.mask) for instance in pair.instances] == [Box(20, 13, 36, 29), Box(46, 30, 62, 46)]
    assert (pair.instances[0].segment != 246).any(-1).sum() == 16 * 16


def test_an_instance_behind_another_is_thrown_away(clip: Pixels, sources: Sources) -> None:
    clip[3][clip[3][..., 2] == 200] = 90
    clip[3, 13:29, 28:44] = (20, 20, 200)
    clip[3, 13:16, 20:36] = (200, 20, 20)
    assert pair_of(clip, sources, Recipe(t_ref=3)).verdicts[0] is Verdict.HIDDEN


def test_the_papers_formula_tells_the_later_boxes(clip: Pixels, sources: Sources) -> None:
    pair = pair_of(clip, sources, Recipe(t_ref=3, box_frame=BoxFrame.LATER))
    assert pair.instances[1].box == Box(46, 30, 62, 46)


def test_what_left_the_picture_keeps_its_words_only(clip: Pixels, sources: Sources) -> None:
    clip[3][clip[3][..., 0] == 200] = 90
    clip[3][clip[3][..., 2] == 200] = 90
    sample, pair = sample_of("x", clip, sources, Recipe(t_ref=3), dropping=Dropping(), seed=0)
    assert sample is None
    assert pair.verdicts[0] is Verdict.GONE


def test_too_short_clips_and_wrong_recipes_are_refused(clip: Pixels, sources: Sources) -> None:
    with pytest.raises(ValueError, match="t_ref 4 wants 5 frames, the clip has 4"):
        pair_of(clip, sources, Recipe(t_ref=4))
    with pytest.raises(ValueError, match="t_ref 0"):
        Recipe(t_ref=0)


@settings(max_examples=12)
@given(st.integers(0, 500))
def test_procedural_samples_are_true_and_the_same_for_a_seed(index: int) -> None:
    video = video_at(Split.TRAIN, index, frames=8)
    footage = film(video)
    sources = procedural_sources(video, footage, "0")
    sample, pair = sample_of("v", footage.pixels, sources, Recipe(t_ref=7), dropping=Dropping(), seed=1)
    assert len(pair.verdicts) == len(video.movers)
    for instance in pair.instances:
        number = pair.caption.spans.index(instance.span)
        assert instance.box == Box.around(footage.masks[number, 0])
        assert instance.box.within(128, 128) == instance.box
        assert np.array_equal(instance.mask, footage.masks[number, 7])
    if sample is not None:
        again, _ = sample_of("v", footage.pixels, sources, Recipe(t_ref=7), dropping=Dropping(), seed=1)
        assert again is not None
        assert (again.parts, again.kept, again.rewrite) == (sample.parts, sample.kept, sample.rewrite)
        assert parse_dense(sample.rewrite.dense, Grammar.of_world()) is not None


def test_procedural_sources_know_one_video(clip: Pixels) -> None:
    video = video_at(Split.TRAIN, 0, frames=2)
    footage = film(video)
    sources = procedural_sources(video, footage, "0")
    assert sources.detector.boxes(footage.pixels[0], ["a plain mauve cube"]) == [None]
    with pytest.raises(ValueError, match="not the first frame"):
        sources.captioner.caption(clip[0])
