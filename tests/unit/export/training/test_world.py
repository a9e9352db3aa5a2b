"""The world is the same everywhere, and its captions are true."""

from __future__ import annotations

import math
from itertools import combinations
from random import Random

import numpy as np

from export.training.canonical import canonical_at, canonical_brief
from export.training.facts import Grammar, keeps_facts, parse_dense
from export.training.world import SIZES, Split, brief_of, dense_caption, render, scene_at
from export.training.world.splits import combination, split_of

SCENES = [scene_at(Split.TRAIN, index) for index in range(200)]


def test_a_seed_always_gives_the_same_scene_and_picture() -> None:
    again = [scene_at(Split.TRAIN, index) for index in range(5)]
    assert again == SCENES[:5]
    assert np.array_equal(render(again[0]), render(SCENES[0]))


def test_scenes_are_valid_and_never_held_out_combinations() -> None:
    held_out = {combination(scene_at(Split.HELD_OUT, index)) for index in range(200)}
    assert all(scene.is_valid for scene in SCENES)
    assert all(split_of(scene) is Split.TRAIN for scene in SCENES)
    assert held_out.isdisjoint(combination(scene) for scene in SCENES)


def test_things_of_any_size_fit_where_a_scene_puts_them() -> None:
    for scene in SCENES:
        for first, second in combinations(scene.things, 2):
            (x1, y1), (x2, y2) = first.centre, second.centre
            assert math.hypot(x1 - x2, y1 - y2) > 2 * max(SIZES.values())


def test_pictures_show_more_than_their_background() -> None:
    for scene in SCENES[:20]:
        picture = render(scene)
        assert picture.shape == (128, 128, 3)
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 2


def test_a_dense_caption_says_everything_about_a_scene() -> None:
    grammar = Grammar.of_world()
    for index, scene in enumerate(SCENES):
        assert parse_dense(dense_caption(scene, Random(index)), grammar) == scene


def test_a_brief_keeps_its_facts_in_its_own_dense_caption_and_loses_them_in_another() -> None:
    grammar = Grammar.of_world()
    for index, scene in enumerate(SCENES[:50]):
        brief = brief_of(scene, Random(index))
        other = SCENES[index + 1]
        assert keeps_facts(brief, parse_dense(dense_caption(scene, Random(index)), grammar))
        same = {(t.shape, t.colour) for t in scene.things} == {(t.shape, t.colour) for t in other.things}
        assert same or not keeps_facts(brief, parse_dense(dense_caption(other, Random(index)), grammar))


def test_text_that_describes_nothing_keeps_no_facts() -> None:
    assert parse_dense("A nice picture.", Grammar.of_world()) is None
    assert not keeps_facts(brief_of(SCENES[0], Random(0)), None)


def test_a_brief_names_every_pair() -> None:
    for index, scene in enumerate(SCENES):
        brief = brief_of(scene, Random(index))
        assert all(f"{thing.colour} {thing.shape}" in brief.text for thing in scene.things)
        assert brief.background == ("background" in brief.text)


def test_canonical_scenes_answer_their_briefs() -> None:
    for index in range(50):
        scene = canonical_at(Split.TRAIN, index)
        text = canonical_brief(scene)
        assert all(f"{thing.colour} {thing.shape}" in text for thing in scene.things)
        assert ("background" in text) == (scene.background.colour != "white")
