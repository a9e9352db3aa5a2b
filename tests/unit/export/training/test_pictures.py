"""Recipes draw what they say."""

from __future__ import annotations

import numpy as np
import pytest

from export.training.diet import DIETS, Diet
from export.training.pictures import Damaged, Frame, Mapped, Picture, Segment, pixels_of, spots_of
from export.training.subjects.sighting import sighting_at
from export.training.world import RGB, Scene, Split, render, scene_at, styled_at
from export.training.world.conditions import Condition
from export.training.world.damage import Damage

SCENE = styled_at(Split.TRAIN, 3)


def test_every_kind_is_drawn_the_same_each_time() -> None:
    sighting = next(s for index in range(20) if (s := sighting_at(Split.TRAIN, index, straight=False)))
    kinds: list[Picture] = [
        SCENE,
        Damaged(SCENE, Damage.NOISE, 5),
        Mapped(SCENE, Condition.EDGES),
        Frame(sighting.video, 1),
        sighting.segments[0],
    ]
    for kind in kinds:
        picture = pixels_of(kind)
        assert picture.shape == (128, 128, 3)
        assert picture.dtype == np.uint8
        assert np.array_equal(picture, pixels_of(kind))
        assert all(0 <= x < 128 and 0 <= y < 128 for x, y in spots_of(kind))


def test_damage_is_of_the_scene_in_its_style() -> None:
    assert np.array_equal(pixels_of(SCENE), render(SCENE))
    rough = pixels_of(Damaged(SCENE, Damage.NOISE, 5)).astype(float)
    assert 15 < np.abs(rough - render(SCENE)).mean() < 40
    assert not np.array_equal(rough, pixels_of(Damaged(SCENE, Damage.NOISE, 6)))


def test_a_segment_shows_its_thing_on_white_in_its_colour() -> None:
    sighting = next(s for index in range(20) if (s := sighting_at(Split.TRAIN, index, straight=False)))
    for segment in sighting.segments:
        picture = pixels_of(segment)
        thing = sighting.video.movers[segment.mover].thing
        assert tuple(picture[0, 0]) == RGB["white"]
        assert (np.abs(picture.astype(int) - RGB[thing.colour]).sum(-1) < 12).sum() > 100


@pytest.mark.parametrize("stage", DIETS)
def test_a_diet_holds_what_its_shares_say_and_nothing_held_out(stage: str) -> None:
    diet, number = DIETS[stage], 60
    pictures = diet.pictures(number)
    assert abs(len(pictures) - number) <= 4
    assert pictures == diet.pictures(number)
    kinds = {kind: sum(isinstance(p, kind) for p in pictures) for kind in (Scene, Damaged, Mapped, Frame, Segment)}
    counts = diet.counts(number)
    assert kinds[Scene] == counts["flat"] + counts["styled"] + counts["canonical"]
    assert (kinds[Damaged], kinds[Mapped]) == (counts["damaged"], counts["maps"])
    assert (kinds[Frame], kinds[Segment]) == (counts["frames"], counts["segments"])


def test_shares_must_add_up() -> None:
    with pytest.raises(ValueError, match=r"add up to 0\.9"):
        Diet(flat=0.5, styled=0.4)


def test_a_diet_shifts_things_where_it_says_so() -> None:
    scenes = [picture for picture in DIETS["vae"].pictures(30) if isinstance(picture, Scene)]
    assert any(thing.shift != (0, 0) for scene in scenes for thing in scene.things)
    assert scenes[0] == scene_at(Split.TRAIN, 0, shift=1)
