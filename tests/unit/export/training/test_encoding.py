"""What is drawn and encoded is kept until something about it changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from export.training.dataset import digest, load_pictures, write_rows
from export.training.encoding import encoded
from export.training.pictures import Damaged, Picture, all_pixels
from export.training.world import Split, scene_at
from export.training.world.damage import Damage

SCENES: list[Picture] = [scene_at(Split.TRAIN, index) for index in range(40)]


class Encoder:
    """Means of channels, and how many pictures were asked for."""

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, pixels: NDArray[np.uint8]) -> Tensor:
        self.seen += len(pixels)
        return torch.from_numpy(pixels.astype(np.float32).mean((1, 2)))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "weights"
    path.write_bytes(b"first")
    return path


def test_pictures_are_encoded_once(tmp_path: Path, weights: Path) -> None:
    encoder = Encoder()
    first = encoded(tmp_path, "means", weights, SCENES, encoder)
    again = encoded(tmp_path, "means", weights, SCENES, encoder)
    assert encoder.seen == len(SCENES)
    assert first.dtype == torch.float16
    assert torch.equal(first, again)
    assert torch.allclose(first.float(), encoder(all_pixels(SCENES)), rtol=1e-2)


def test_other_weights_and_other_pictures_are_encoded_anew(tmp_path: Path, weights: Path) -> None:
    encoder = Encoder()
    encoded(tmp_path, "means", weights, SCENES, encoder)
    weights.write_bytes(b"second")
    encoded(tmp_path, "means", weights, SCENES, encoder)
    encoded(tmp_path, "means", weights, SCENES[:30], encoder)
    assert encoder.seen == len(SCENES) * 2 + 30


def test_a_checksum_knows_recipes_apart() -> None:
    noisy, blurred = ([Damaged(scene_at(Split.TRAIN, 0), damage, 0)] for damage in (Damage.NOISE, Damage.BLUR))
    assert digest([*noisy]) != digest([*blurred])
    assert digest([*noisy]) == digest([*noisy])


def test_drawn_pictures_are_read_back(tmp_path: Path) -> None:
    pictures = load_pictures(tmp_path, "few", SCENES[:5])
    assert np.array_equal(pictures.pixels, all_pixels(SCENES[:5]))
    assert np.array_equal(load_pictures(tmp_path, "few", SCENES[:5]).pixels, pictures.pixels)


def test_rows_that_do_not_come_are_an_error_and_leave_no_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.npy"
    with pytest.raises(ValueError, match="3 rows came, 5 were announced"):
        write_rows(path, [np.zeros((3, 2))], 5, np.float16)
    assert not path.exists()
