"""Requests put pictures where things are named."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.training.subjects.request import boxed_request, plain_request
from export.training.subjects.sighting import Sighting, sighting_at
from export.training.world import Background, Scene, Split, Thing

STAR = Thing("star", "red", "small", "top left", "striped")
RING = Thing("ring", "pink", "large", "bottom right", "plain")
SCENE = Scene((STAR, RING), Background("blue", "plain"))


@pytest.fixture(scope="module")
def sighting() -> Sighting:
    found = (sighting_at(Split.TRAIN, index, straight=True) for index in range(40))
    return next(sighting for sighting in found if sighting and len(sighting.movers) == 2)


def words(parts: tuple[str | int, ...]) -> str:
    return "".join(part if isinstance(part, str) else f"[{part}]" for part in parts)


@given(st.integers(0, 10_000))
def test_every_shown_thing_stands_once_in_its_order(seed: int) -> None:
    parts = plain_request(SCENE, [0, 1], Random(seed))
    assert [part for part in parts if isinstance(part, int)] == [0, 1]


@given(st.integers(0, 10_000))
def test_a_thing_that_is_not_shown_is_told_in_full(seed: int) -> None:
    parts = plain_request(SCENE, [1], Random(seed))
    assert "a striped red star" in words(parts)
    assert [part for part in parts if isinstance(part, int)] == [0]


@given(st.integers(0, 10_000))
def test_what_is_said_of_a_shown_thing_is_true(seed: int) -> None:
    text = words(plain_request(SCENE, [0, 1], Random(seed)))
    before = text.split("[0]", maxsplit=1)[0]
    for colour in ("blue", "green", "pink", "yellow"):
        assert colour not in before
    assert "ring" not in before
    for wrong in ("dotted", "bottom left", "top right", "medium"):
        assert wrong not in text


def test_all_manners_of_naming_occur() -> None:
    texts = [words(plain_request(SCENE, [0], Random(seed))) for seed in range(200)]
    for manner in ("<p>striped red star</p>[0]", "a star[0]", "<p>red star</p>[0]", "this object[0]", "</p>[0] at the"):
        assert any(manner in text for text in texts), manner
    assert any(" on a plain blue background" in text for text in texts)
    assert any("background" not in text for text in texts)


def test_boxes_and_segments_are_left_out_now_and_then(sighting: Sighting) -> None:
    texts = [words(boxed_request(sighting, Random(seed))) for seed in range(100)]
    boxes, segments = (sum(text.count(mark) for text in texts) / 200 for mark in ("<b>", "["))
    assert 0.55 < boxes < 0.85
    assert 0.55 < segments < 0.85
    assert all(text.count("<p>") == 2 for text in texts)
