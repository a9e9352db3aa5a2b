from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from bench.quality.measures.alexnet import CONVOLUTIONS, lpips
from bench.quality.measures.perceptual import Perceptual
from bench.quality.measures.tower import TowerActivations, tower_distance
from bench.quality.picture import Picture
from export.presets import Preset
from export.weights import Networks
from services.errors import InvalidArgumentError, NotFoundError
from tests.unit.bench.quality.conftest import plain


def first_values(picture: Picture) -> list[Tensor]:
    """Two layers of one place each: the first pixel, and the first pixel's red and green."""
    pixel = torch.from_numpy(picture[0, 0].astype(np.float32))
    return [pixel[:, None, None], pixel[:2, None, None]]


def scene(seed: int, side: int = 64) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)


def test_the_distance_is_the_papers_formula() -> None:
    red, green = plain(200, 0, 0), plain(0, 50, 0)
    assert Perceptual("x", first_values)(red, green) == pytest.approx((2 + 2) / 2)
    weighted = Perceptual("x", first_values, [torch.tensor([1.0, 2.0, 9.0]), torch.tensor([0.0, 0.5])])
    assert weighted(red, green) == pytest.approx(3 + 0.5)
    assert weighted(red, plain(7, 0, 0)) == pytest.approx(0, abs=1e-6)


def test_the_towers_distance_grows_with_the_difference(networks: Networks) -> None:
    distance = tower_distance(networks.vision)
    picture = scene(0)
    slightly = picture.copy()
    slightly[:8, :8] = 0
    assert distance(picture, picture) == 0
    assert 0 < distance(picture, slightly) < distance(picture, scene(1))
    assert "substitute" in distance.description


def test_the_towers_last_map_is_what_its_features_are_pooled_from(networks: Networks, small: Preset) -> None:
    tower = networks.vision
    activations = TowerActivations(tower)
    maps = activations(scene(0, side=small.vision.image_size))
    assert [tuple(each.shape) for each in maps] == [(16, 8, 8)] * 2
    with torch.no_grad():
        pixels = torch.from_numpy(scene(0, side=small.vision.image_size)).permute(2, 0, 1) / 255
        mean, std = (torch.tensor(v)[:, None, None] for v in ((0.48145466, 0.4578275, 0.40821073),
                                                             (0.26862954, 0.26130258, 0.27577711)))  # fmt: skip
        features = tower(((pixels - mean) / std)[None])
    torch.testing.assert_close(tower.pool(maps[-1].flatten(1).T[None]), features, atol=1e-5, rtol=0)


def alexnet_files(folder: Path) -> tuple[Path, Path]:
    generator = torch.Generator().manual_seed(0)
    state = {}
    for number, (width, out, kernel, _, _) in CONVOLUTIONS.items():
        state[f"features.{number}.weight"] = torch.randn(out, width, kernel, kernel, generator=generator) * 0.05
        state[f"features.{number}.bias"] = torch.zeros(out)
    heads = {f"lin{i}.model.1.weight": torch.full((1, out, 1, 1), 0.1)
             for i, (_, out, *_) in enumerate(CONVOLUTIONS.values())}  # fmt: skip
    torch.save(state, folder / "alexnet.pth")
    torch.save(heads, folder / "alex.pth")
    return folder / "alexnet.pth", folder / "alex.pth"


def test_lpips_takes_its_two_published_files(tmp_path: Path) -> None:
    alexnet, heads = alexnet_files(tmp_path)
    distance = lpips(alexnet, heads)
    assert distance(scene(0), scene(0)) == 0
    assert distance(scene(0), scene(1)) > 0
    shapes = [tuple(each.shape) for each in distance.activations(scene(0))]
    assert shapes == [(64, 15, 15), (192, 7, 7), (384, 3, 3), (256, 3, 3), (256, 3, 3)]
    torch.save({name: 2 * value for name, value in torch.load(heads).items()}, heads)
    assert lpips(alexnet, heads)(scene(0), scene(1)) == pytest.approx(2 * distance(scene(0), scene(1)))


def test_lpips_says_what_is_wrong_with_its_files(tmp_path: Path) -> None:
    alexnet, heads = alexnet_files(tmp_path)
    with pytest.raises(NotFoundError, match=r"nothing\.pth does not exist"):
        lpips(tmp_path / "nothing.pth", heads)
    with pytest.raises(InvalidArgumentError, match=r"lpips: lacks the tensor lin0\.model\.1\.weight"):
        lpips(alexnet, alexnet)
    (tmp_path / "text.pth").write_text("no tensors")
    with pytest.raises(InvalidArgumentError, match="not a file of torch tensors"):
        lpips(tmp_path / "text.pth", heads)
