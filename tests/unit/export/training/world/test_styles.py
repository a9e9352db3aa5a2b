"""Styles change how a scene looks, never what it shows."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations, product
from random import Random

import numpy as np
import pytest

from export.training.facts import Grammar, keeps_facts, parse_dense
from export.training.world import (
    BACKGROUND_COLOURS,
    SHAPES,
    SIZES,
    STYLES,
    Background,
    Scene,
    Split,
    Thing,
    brief_of,
    dense_caption,
    render,
    scene_at,
    styled_at,
)
from export.training.world.render import coverage, outline
from export.training.world.splits import split_of
from export.training.world.styles import tones

STYLED = [styled_at(split, index) for split in Split for index in range(60)]
THING = Thing("circle", "red", "large", "center", "striped")
WHITE = Background("white", "plain")


@pytest.mark.parametrize("style", STYLES)
def test_no_tone_of_a_style_comes_near_another_colours(style: str) -> None:
    for first, second in combinations(BACKGROUND_COLOURS, 2):
        assert min(math.dist(*pair) for pair in product(tones(first, style), tones(second, style))) >= 55


def test_pastel_is_lighter_and_dark_is_darker_in_every_colour() -> None:
    for colour in BACKGROUND_COLOURS:
        for flat, pastel, dark in zip(*(tones(colour, style) for style in ("flat", "pastel", "dark")), strict=True):
            assert sum(dark) < sum(flat) < sum(pastel)


def test_styled_scenes_are_those_of_their_split_in_every_style_but_flat() -> None:
    assert {scene.style for scene in STYLED} == set(STYLES[1:])
    assert all(split_of(scene) is Split.TRAIN for scene in STYLED[:60])
    assert all(split_of(scene) is Split.HELD_OUT for scene in STYLED[60:])
    assert all(scene.is_valid for scene in STYLED)
    assert [styled_at(Split.TRAIN, index) for index in range(3)] == STYLED[:3]
    assert replace(scene_at(Split.TRAIN, 5), style=STYLED[5].style) == STYLED[5]


def test_every_style_looks_different() -> None:
    pictures = [render(Scene((THING,), WHITE, style)) for style in STYLES]
    for first, second in combinations(pictures, 2):
        assert (first != second).any(-1).mean() > 0.05


def test_an_outline_is_hollow_and_loses_its_texture() -> None:
    scene = Scene((THING,), WHITE, "outline")
    assert scene.things[0].texture == "plain"
    row = (render(scene)[64] == tones("red", "flat")[0]).all(-1)
    assert np.flatnonzero(np.diff(row.astype(int))).tolist() == [38, 42, 84, 88]


@pytest.mark.parametrize(("shape", "size"), product(SHAPES, SIZES))
def test_an_outline_reaches_as_far_as_its_thing(shape: str, size: str) -> None:
    thing = replace(THING, shape=shape, size=size)
    (box, filled), (same, stroke) = coverage(thing), outline(thing, 4.0)
    assert box == same
    for axis in (0, 1):
        ends = [np.flatnonzero(share.max(axis) > 0.5)[[0, -1]] for share in (filled, stroke)]
        assert np.abs(ends[0] - ends[1]).max() <= 2
    assert ((filled == 1) & (stroke == 0)).sum() > 20


def test_an_outline_over_the_pictures_edge_is_cut_off_by_it() -> None:
    thing = replace(THING, position="left", shift=(-10, 0))
    whole, cut = (outline(moved, 4.0) for moved in (replace(thing, shift=(0, 0)), thing))
    missing = whole[1].shape[1] - cut[1].shape[1]
    assert missing > 0
    assert np.array_equal(whole[1][:, missing:], cut[1])


def test_captions_name_a_style_unless_it_is_flat() -> None:
    grammar = Grammar.of_world()
    for index, scene in enumerate(STYLED):
        brief, dense = brief_of(scene, Random(index)), dense_caption(scene, Random(index))
        assert brief.text.endswith(f", in {scene.style} style")
        assert parse_dense(dense, grammar) == scene
        flat = replace(scene, style="flat")
        assert "style" not in brief_of(flat, Random(index)).text + dense_caption(flat, Random(index))
        assert keeps_facts(brief, parse_dense(dense, grammar))
        assert not keeps_facts(brief, parse_dense(dense_caption(flat, Random(index)), grammar))


def test_an_unknown_style_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="style 'cubist' is none of flat, outline, pastel, dark"):
        Scene((THING,), WHITE, "cubist")
