"""Requests for other styles, repairs and pictures after a map say what is wanted."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import pytest

from export.training.talk.repairs import repair_request
from export.training.talk.sketches import sketch_request
from export.training.talk.styling import restyle_of
from export.training.world import STYLES, Split, scene_at
from export.training.world.conditions import Condition
from export.training.world.damage import Damage

SCENE = scene_at(Split.TRAIN, 3)


@pytest.mark.parametrize(("before", "wanted"), product(STYLES, STYLES))
def test_a_restyled_scene_is_the_same_in_the_style_that_is_named(before: str, wanted: str) -> None:
    scene = replace(SCENE, style=before)
    restyling = restyle_of(scene, Random(0), wanted)
    assert wanted in restyling.request
    assert restyling.result == replace(scene, style=wanted)


def test_a_style_that_is_not_given_is_any_other() -> None:
    for style in STYLES:
        found = {restyle_of(replace(SCENE, style=style), Random(seed)).result.style for seed in range(40)}
        assert found == set(STYLES) - {style}


def test_every_damage_and_every_map_is_asked_about_in_words_of_its_own() -> None:
    repairs = {kind: {repair_request(kind, Random(seed)) for seed in range(40)} for kind in Damage}
    sketches = {kind: {sketch_request(kind, Random(seed)) for seed in range(40)} for kind in Condition}
    wordings = [*repairs.values(), *sketches.values()]
    assert all(len(words) >= 3 for words in wordings)
    assert len(set().union(*wordings)) == sum(map(len, wordings))


@pytest.mark.parametrize("kind", Condition)
def test_a_caption_may_say_what_the_map_shows(kind: Condition) -> None:
    assert sketch_request(kind, Random(2), "a red star").endswith(": a red star")
    assert sketch_request(kind, Random(2)).endswith(".")
