from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from services.manifest import Manifest
from tests.e2e.pixels import decode

Wegen = Callable[..., subprocess.Popen[str]]


def chat(wegen: Wegen, *arguments: str) -> str:
    process = wegen("chat", *arguments)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    return output


def test_a_sentence_becomes_a_picture_on_disk(wegen: Wegen, manifest: Manifest, tmp_path: Path) -> None:
    output = chat(wegen, "a red circle on a blue background", "--out", str(tmp_path / "pictures"), "--seed", "3")
    (picture,) = (tmp_path / "pictures").glob("*.png")
    assert picture.name in output.replace("\n", "")
    assert decode(picture.read_bytes()).shape == (manifest.image_size, manifest.image_size, 3)


def test_the_picture_shows_what_the_sentence_says(wegen: Wegen, manifest: Manifest, tmp_path: Path) -> None:
    if "random" in manifest.weights.values():
        pytest.skip("the weights are random")
    chat(wegen, "a red circle on a blue background", "--out", str(tmp_path), "--seed", "3")
    (picture,) = tmp_path.glob("*.png")
    red, green, blue = np.moveaxis(decode(picture.read_bytes()), -1, 0)
    redness, blueness = red - np.maximum(green, blue), blue - np.maximum(red, green)
    corners = blueness[[2, 2, -3, -3], [2, -3, 2, -3]]
    assert (corners > 20).sum() >= 3
    assert 0.01 < (redness > 40).mean() < 0.6


def test_four_pictures_come_with_a_contact_sheet(wegen: Wegen, manifest: Manifest, tmp_path: Path) -> None:
    chat(wegen, "a green square", "-n", "4", "--out", str(tmp_path), "--seed", "5")
    sizes = [decode(path.read_bytes()).shape[:2] for path in tmp_path.glob("*.png")]
    one = (manifest.image_size, manifest.image_size)
    assert sizes.count(one) == 4
    assert len(sizes) == 5
