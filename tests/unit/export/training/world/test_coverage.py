"""What a shape covers, and that pictures of flat scenes never change."""

from __future__ import annotations

import math
import zlib

import numpy as np
import pytest

from export.training.world import Split, render, scene_at
from export.training.world.coverage import blend, covered_share
from export.training.world.footage import film
from export.training.world.video import video_at

BOX = (slice(8, 40), slice(4, 44))


def test_pictures_and_videos_are_those_the_published_weights_were_trained_on() -> None:
    still = (zlib.crc32(render(scene_at(Split.TRAIN, index)).tobytes()) for index in range(4))
    assert list(still) == [649314362, 1211457399, 219395244, 116067720]
    assert zlib.crc32(film(video_at(Split.TRAIN, 0, frames=4)).pixels.tobytes()) == 2890790236


def test_a_circle_covers_its_area_wherever_it_lies() -> None:
    for centre in ((24.0, 24.0), (24.3, 23.6)):
        share = covered_share("circle", BOX, centre, 12.0)
        assert share.shape == (32, 40)
        assert share.sum() == pytest.approx(math.pi * 144, rel=0.01)


def test_a_turned_square_stands_on_its_corner() -> None:
    upright = covered_share("square", BOX, (24.0, 24.0), 10.0)
    turned = covered_share("square", BOX, (24.0, 24.0), 10.0, math.pi / 4)
    assert upright[16, 20 + 10] == 0.0
    assert turned[16, 20 + 10] == 1.0


def test_blending_covers_its_share_inside_the_box_alone() -> None:
    picture, paint = np.zeros((48, 48, 3)), np.full((48, 48, 3), 200.0)
    blend(picture, BOX, np.full((32, 40), 0.25), paint)
    assert np.unique(picture[BOX]).tolist() == [50.0]
    assert picture.sum() == picture[BOX].sum()
