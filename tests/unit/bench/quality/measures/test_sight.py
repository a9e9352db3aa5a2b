from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.quality.measures.sight import looks_like, things_in
from export.training.world import STYLES, Background, Scene, Thing, render

STAR = Thing("star", "red", "large", "top left", "plain")
RING = Thing("ring", "blue", "medium", "right", "plain")
SCENE = Scene((STAR, RING), Background("gray", "striped"))


@pytest.mark.parametrize("style", STYLES)
def test_every_thing_is_found_and_nothing_else(style: str) -> None:
    found = things_in(render(replace(SCENE, style=style)), style)
    assert {(each.shape, each.colour, each.position) for each in found} == {
        ("star", "red", "top left"),
        ("ring", "blue", "right"),
    }
    (star,) = (each for each in found if looks_like(each, STAR))
    assert not looks_like(star, replace(STAR, colour="blue"))
    assert not looks_like(star, replace(STAR, shape="ring"))


def test_an_empty_picture_holds_nothing() -> None:
    assert things_in(np.full((128, 128, 3), 255, np.uint8)) == []
    assert things_in(render(Scene((STAR,), Background("red", "plain")))) == []
