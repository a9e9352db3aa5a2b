"""The pixel check believes true pictures and no others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from export.training.judge import judge, judge_background, name_shape
from export.training.world import OBJECT_COLOURS, SHAPES, Background, Scene, Split, Thing, render, scene_at

SCENES = [scene_at(Split.HELD_OUT, index, shift=1) for index in range(60)]


def alone(shape: str, colour: str = "red", size: str = "large", texture: str = "plain") -> Scene:
    return Scene((Thing(shape, colour, size, "center", texture),), Background("white", "plain"))


def test_rendered_truth_passes() -> None:
    verdicts = [verdict for scene in SCENES for verdict in judge(render(scene), scene)]
    assert np.mean([verdict.right for verdict in verdicts]) >= 0.99
    assert np.mean([verdict.position for verdict in verdicts]) >= 0.99
    assert np.mean([verdict.size for verdict in verdicts]) >= 0.9


def test_every_shape_is_told_from_every_other() -> None:
    for shape in SHAPES:
        for size in ("small", "large"):
            picture = render(alone(shape, size=size, texture="striped"))
            right = [other for other in SHAPES if judge(picture, alone(other))[0].right]
            assert right == [shape]


def test_every_colour_is_told_from_every_other() -> None:
    for colour in OBJECT_COLOURS:
        picture = render(alone("circle", colour, texture="dotted"))
        assert [other for other in OBJECT_COLOURS if judge(picture, alone("circle", other))[0].colour] == [colour]


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


def test_a_blurred_outline_is_still_named() -> None:
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:50] = True
    assert name_shape(mask)[0] == "square"
