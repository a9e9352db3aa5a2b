"""The pixel check believes true pictures and no others."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from export.training.judge import judge, judge_background, judge_scene, judge_style
from export.training.talk.edits import EditKind, edit_of
from export.training.world import (
    SHAPES,
    SIZES,
    STYLES,
    Background,
    Scene,
    Split,
    Thing,
    render,
    scene_at,
)

SCENES = [scene_at(Split.HELD_OUT, index, shift=1) for index in range(60)]
TWO = Scene(
    (Thing("ring", "red", "small", "left", "plain"), Thing("star", "blue", "large", "top right", "dotted")),
    Background("yellow", "striped"),
)


def alone(shape: str, size: str = "large", style: str = "flat") -> Scene:
    return Scene((Thing(shape, "red", size, "center", "plain"),), Background("white", "plain"), style)


def spoiled(picture: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """As a generated picture may be: slightly blurred, slightly noisy."""
    soft = ndimage.gaussian_filter(picture.astype(np.float64), (0.8, 0.8, 0.0), mode="nearest")
    noise = np.random.default_rng(seed).normal(0.0, 6.0, picture.shape)
    return np.asarray((soft + noise).round().clip(0, 255), dtype=np.uint8)


@pytest.mark.parametrize("style", STYLES)
def test_rendered_truth_passes_clean_and_spoiled(style: str) -> None:
    scenes = [replace(scene, style=style) for scene in SCENES[:20]]
    for spoil in (False, True):
        pictures = [spoiled(render(s), i) if spoil else render(s) for i, s in enumerate(scenes)]
        pairs = list(zip(pictures, scenes, strict=True))
        verdicts = [verdict for picture, scene in pairs for verdict in judge(picture, scene)]
        for fact in ("colour", "shape", "position", "size", "texture"):
            assert np.mean([getattr(verdict, fact) for verdict in verdicts]) >= 0.97
        assert np.mean([judge_scene(*pair) for pair in pairs]) >= 0.95


@pytest.mark.parametrize(("shape", "size"), product(SHAPES, SIZES))
def test_outlines_are_not_surfaces_nor_surfaces_outlines(shape: str, size: str) -> None:
    flat, outline = (alone(shape, size=size, style=style) for style in ("flat", "outline"))
    assert judge(render(flat), flat)[0].right
    assert judge(render(outline), outline)[0].right
    assert not judge(render(flat), outline)[0].right
    assert not judge(render(outline), flat)[0].right


def test_an_empty_picture_and_noise_show_nothing() -> None:
    empty = np.full((128, 128, 3), 246, np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    for picture in (empty, noise):
        assert not any(verdict.right for scene in SCENES for verdict in judge(picture, scene))


def test_a_background_of_the_things_colour_is_not_the_thing() -> None:
    red = np.full((128, 128, 3), (214, 38, 38), np.uint8)
    assert not judge(red, alone("square"))[0].colour


def test_position_size_and_background_are_judged() -> None:
    scene = alone("star")
    moved = replace(scene, things=(replace(scene.things[0], position="top left", size="small"),))
    verdict = judge(render(scene), moved)[0]
    assert verdict.right
    assert not verdict.position
    assert not verdict.size
    assert judge_background(render(scene), scene)
    assert not judge_background(render(scene), replace(scene, background=Background("black", "plain")))


def test_every_style_is_told_from_every_other() -> None:
    for style, other in product(STYLES, STYLES):
        picture = render(replace(TWO, style=style))
        assert judge_style(picture, replace(TWO, style=other)) == (style == other)


@pytest.mark.parametrize("kind", set(EditKind) - {EditKind.RESIZE})
def test_a_scene_is_right_only_as_a_whole(kind: EditKind) -> None:
    edits = [edit for seed in range(5) if (edit := edit_of(TWO, Random(seed), kind))]
    assert len(edits) == 5
    assert not any(judge_scene(render(TWO), edit.result) for edit in edits)
    assert not any(judge_scene(render(edit.result), TWO) for edit in edits)
    assert all(judge_scene(render(edit.result), edit.result) for edit in edits)


def test_sizes_and_textures_do_not_make_a_scene_wrong() -> None:
    ring, star = TWO.things
    other = replace(TWO, things=(replace(ring, size="large", texture="striped"), star))
    assert judge_scene(render(other), TWO)
    verdict = judge(render(other), TWO)[0]
    assert verdict.right
    assert not verdict.size
    assert not verdict.texture


@pytest.mark.parametrize(("style", "size"), product(STYLES, SIZES))
def test_a_style_is_told_whatever_size_things_have(style: str, size: str) -> None:
    for shape in SHAPES:
        picture = spoiled(render(alone(shape, size, style)), 0)
        assert judge_scene(picture, alone(shape, "large", style))
        assert not any(judge_style(picture, alone(shape, "large", other)) for other in STYLES if other != style)
