"""Damage is plain to see, leaves most of the picture, and comes back with its seed."""

from __future__ import annotations

import math
from itertools import product
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from export.training.world import STYLES, Split, render, scene_at, styled_at
from export.training.world.damage import MISSING, Damage, damaged
from export.training.world.styles import tones

PICTURES = [render(at(Split.HELD_OUT, index)) for index in range(6) for at in (scene_at, styled_at)]


def missing(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray((picture == MISSING).all(-1))


@pytest.mark.parametrize("kind", Damage)
def test_damage_is_seen_comes_back_with_its_seed_and_leaves_the_original(kind: Damage) -> None:
    decibels = []
    for seed, picture in enumerate(PICTURES):
        before = picture.copy()
        worse = damaged(kind, picture, Random(seed))
        assert worse.dtype == np.uint8
        assert worse.shape == picture.shape
        decibels.append(10 * math.log10(255**2 / np.mean((worse.astype(float) - picture) ** 2)))
        assert np.array_equal(worse, damaged(kind, picture, Random(seed)))
        assert np.array_equal(picture, before)
    assert max(decibels) < 42
    assert np.median(decibels) < 33


@pytest.mark.parametrize("kind", [Damage.NOISE, Damage.BLUR, Damage.HOLE, Damage.BORDER])
def test_damage_varies(kind: Damage) -> None:
    assert len({damaged(kind, PICTURES[0], Random(seed)).tobytes() for seed in range(12)}) > 3


@settings(max_examples=60)
@given(st.integers(0, 100_000))
def test_a_hole_is_a_rectangle_of_a_quarter_at_most_and_changes_nothing_else(seed: int) -> None:
    holed = damaged(Damage.HOLE, PICTURES[0], Random(seed))
    rows, columns = np.nonzero(missing(holed))
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert len(rows) == height * width
    assert 0.04 < len(rows) / 128**2 <= 0.25
    assert np.array_equal(holed[~missing(holed)], PICTURES[0][~missing(holed)])


@settings(max_examples=30)
@given(st.integers(0, 100_000))
def test_a_border_leaves_the_middle_three_quarters(seed: int) -> None:
    framed = damaged(Damage.BORDER, PICTURES[0], Random(seed))
    rows, columns = np.nonzero(~missing(framed))
    assert rows.min() == columns.min() == 127 - rows.max() == 127 - columns.max()
    assert 0.7 <= (np.ptp(rows) + 1) / 128 <= 0.8
    assert np.array_equal(framed[~missing(framed)], PICTURES[0][~missing(framed)])


def test_what_is_missing_looks_like_no_grey_of_any_style() -> None:
    greys = [tone for colour in ("white", "gray", "black") for style in STYLES for tone in tones(colour, style)]
    assert min(abs(MISSING - level) for level, _, _ in greys) >= 15


def test_a_coarse_picture_has_sixteen_times_fewer_pixels() -> None:
    coarse = damaged(Damage.COARSE, PICTURES[0], Random(0))
    assert np.array_equal(coarse, coarse[::4, ::4].repeat(4, 0).repeat(4, 1))
    assert coarse.mean() == pytest.approx(PICTURES[0].mean(), abs=0.5)


def test_damage_has_the_strength_of_the_pictures_size() -> None:
    large = PICTURES[0].repeat(2, 0).repeat(2, 1)
    for kind in (Damage.HOLE, Damage.BORDER):
        small, big = (missing(damaged(kind, picture, Random(4))).mean() for picture in (PICTURES[0], large))
        assert big == pytest.approx(small, rel=0.08)


@pytest.mark.parametrize(("kind", "shape"), product(Damage, [(128, 96, 3), (128, 128, 4), (30, 30, 3)]))
def test_pictures_of_other_shapes_are_refused(kind: Damage, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"it needs shape \[S, S, 3\] with S a multiple of 4"):
        damaged(kind, np.zeros(shape, np.uint8), Random(0))
