"""Regions are found in a picture's colours and named after what they are like."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from export.training.regions import Region, background_colour, colour_map, name_shape, regions
from export.training.world import OBJECT_COLOURS, SHAPES, SIZES, STYLES, TEXTURES, Background, Scene, Thing, render

RING = Thing("ring", "green", "medium", "bottom", "dotted", (2, -1))


def found(thing: Thing, style: str) -> dict[str, list[Region]]:
    """What a picture of one thing shows in each colour."""
    picture = render(Scene((thing,), Background("white", "plain"), style))
    names = colour_map(picture, style)
    return {colour: regions(picture, names, colour, style) for colour in OBJECT_COLOURS}


@pytest.mark.parametrize("style", STYLES)
def test_every_shape_is_told_from_every_other_in_every_size(style: str) -> None:
    for shape, size in product(SHAPES, SIZES):
        (region,) = found(Thing(shape, "red", size, "center", "striped"), style)["red"]
        assert (region.shape, region.size, region.hollow) == (shape, size, style == "outline")


@pytest.mark.parametrize("style", STYLES)
def test_every_colour_is_told_from_every_other(style: str) -> None:
    for colour in OBJECT_COLOURS:
        seen = found(Thing("circle", colour, "large", "center", "dotted"), style)
        assert [name for name, there in seen.items() if there] == [colour]


@pytest.mark.parametrize(("style", "texture"), product(("flat", "pastel", "dark"), TEXTURES))
def test_every_texture_is_told_from_every_other(style: str, texture: str) -> None:
    for colour in OBJECT_COLOURS:
        (region,) = found(Thing("heart", colour, "small", "center", texture), style)[colour]
        assert region.texture == texture


def test_every_pixel_has_a_colour_and_the_border_that_of_the_background() -> None:
    names = colour_map(render(Scene((RING,), Background("black", "striped"))))
    assert names.shape == (128, 128)
    assert background_colour(names) == "black"
    assert len(np.unique(names)) < 6


def test_a_region_says_all_about_its_thing() -> None:
    picture = render(Scene((RING,), Background("white", "plain")))
    (region,) = regions(picture, colour_map(picture), "green")
    assert (region.shape, region.position, region.size, region.texture) == ("ring", "bottom", "medium", "dotted")
    assert math.isclose(region.radius, 21, abs_tol=1)
    assert region.overlap > 0.8
    assert not region.hollow


def test_both_circles_of_an_outlined_ring_are_one_region() -> None:
    picture = render(Scene((RING,), Background("white", "plain"), "outline"))
    (region,) = regions(picture, colour_map(picture, "outline"), "green", "outline")
    assert (region.shape, region.size, region.hollow) == ("ring", "medium", True)


def test_specks_are_no_regions() -> None:
    picture = render(Scene((RING,), Background("white", "plain")))
    picture[10:16, 10:16] = (214, 38, 38)
    assert regions(picture, colour_map(picture), "red") == []


def test_a_mask_is_named_after_the_shape_it_is_most_like() -> None:
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:50] = True
    assert name_shape(mask) == ("square", 1.0)
    mask[14:46, 14:46] = False
    assert name_shape(mask, hollow=True)[0] == "square"
    assert name_shape(mask)[1] < 0.6
