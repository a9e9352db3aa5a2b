from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.quality.picture import decode, encode_png, in_folder, read, resized, squared
from services.errors import InvalidArgumentError, NotFoundError
from tests.unit.bench.quality.conftest import plain


def test_png_keeps_every_value() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    np.testing.assert_array_equal(decode(encode_png(picture)), picture)


def test_a_square_is_taken_from_the_middle() -> None:
    wide = np.concatenate([plain(255, 0, 0), plain(0, 255, 0), plain(0, 0, 255)], axis=1)
    np.testing.assert_array_equal(squared(wide, 8), plain(0, 255, 0))
    assert resized(wide, 8).shape == (8, 8, 3)
    assert resized(wide, 8)[0, 0, 0] > 200


def test_folders_are_read_by_name_and_only_their_pictures(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.PNG"):
        Image.fromarray(plain(9, 9, 9)).save(tmp_path / name)
    (tmp_path / "c.txt").write_text("no picture")
    assert [path.name for path in in_folder(tmp_path)] == ["a.PNG", "b.jpg"]
    assert read(tmp_path / "a.PNG").shape == (8, 8, 3)


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.jpg").write_text("no picture")
    with pytest.raises(InvalidArgumentError, match=r"c\.jpg is not a picture"):
        read(tmp_path / "c.jpg")
    with pytest.raises(NotFoundError, match=r"d\.jpg does not exist"):
        read(tmp_path / "d.jpg")
    with pytest.raises(NotFoundError, match="holds no file"):
        in_folder(tmp_path / "nowhere")
    with pytest.raises(InvalidArgumentError, match="2 bytes"):
        decode(b"no")
