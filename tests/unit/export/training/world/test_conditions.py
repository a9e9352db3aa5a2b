"""Condition maps show where things are and how large, and nothing of their colours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from export.training.world import OBJECT_COLOURS, STYLES, Background, Scene, Split, Thing, render, scene_at
from export.training.world.conditions import Condition, condition_of
from export.training.world.render import coverage

SCENES = [scene_at(Split.TRAIN, index, shift=2) for index in range(20)]


@pytest.mark.parametrize("kind", Condition)
def test_maps_are_grey_and_know_nothing_of_colours_textures_and_styles(kind: Condition) -> None:
    for scene in SCENES:
        picture = condition_of(kind, scene)
        assert picture.shape == render(scene).shape
        assert picture.dtype == np.uint8
        assert (picture == picture[..., :1]).all()
        things = tuple(replace(t, colour=OBJECT_COLOURS[i], texture="dotted") for i, t in enumerate(scene.things))
        other = Scene(things, Background("black", "striped"), STYLES[1])
        assert np.array_equal(condition_of(kind, other), picture)


def test_edges_are_lines_along_the_rims() -> None:
    for scene in SCENES:
        lines = condition_of(Condition.EDGES, scene)[..., 0]
        assert lines[0, 0] == 0
        assert lines.max() == 255
        assert 0.005 < (lines > 127).mean() < 0.12
        filled = np.zeros(lines.shape, bool)
        for thing in scene.things:
            box, share = coverage(thing)
            filled[box] |= share > 0.5
        rims = ndimage.binary_dilation(filled, iterations=4) & ~ndimage.binary_erosion(filled, iterations=4)
        assert not lines[~rims].any()


def test_larger_things_are_nearer_and_brighter_than_the_background() -> None:
    things = tuple(
        Thing("square", "red", size, place, "plain")
        for size, place in (("small", "top left"), ("medium", "center"), ("large", "bottom right"))
    )
    depth = condition_of(Condition.DEPTH, Scene(things, Background("white", "plain")))[..., 0].astype(int)
    near = [depth[y, x] for x, y in (thing.centre for thing in things)]
    assert depth.min() + 50 < near[0]
    assert near[0] + 50 < near[1]
    assert near[1] + 50 < near[2]
