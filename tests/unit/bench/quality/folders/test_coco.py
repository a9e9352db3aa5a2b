"""A miniature of COCO's layout, with numbers computed by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from bench.quality.folders.coco import Coco, coco
from bench.quality.subjects.strategy import BOTH
from services.errors import InvalidArgumentError, NotFoundError
from tests.unit.bench.quality.conftest import ColourEncoder, plain
from tests.unit.bench.quality.folders.mirror import Mirror, instruments

REAL = [(0, 0, 0), (102, 0, 0), (0, 0, 0), (102, 0, 0)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "val2014").mkdir()
    names = [f"COCO_val2014_{number:012}.png" for number in range(4)]
    for name, colour in zip(names, REAL, strict=True):
        Image.fromarray(plain(*colour, side=12)).save(tmp_path / "val2014" / name)
    content = {
        "info": {"year": 2014},
        "licenses": [],
        "images": [{"id": 10 + i, "file_name": name, "height": 12, "width": 12} for i, name in enumerate(names)],
        "annotations": [{"id": i, "image_id": 10 + i % 4, "caption": "rr \n"} for i in range(8)],
    }
    (tmp_path / "captions_val2014.json").write_text(json.dumps(content))
    return tmp_path


def load(folder: Path, limit: int = 30_000, seed: int = 0) -> Coco:
    return Coco.load(folder / "captions_val2014.json", folder / "val2014", limit=limit, seed=seed)


def test_the_scores_are_those_computed_by_hand(folder: Path) -> None:
    """Features are mean colours: real reds 0, 0.4, 0, 0.4; made reds 0.2, 1.0, 0.2, 1.0, which are twice as wide."""
    mirror = Mirror([(51, 0, 0), (255, 0, 0), (51, 0, 0), (255, 0, 0)])
    outcome = coco(mirror, load(folder), instruments(inception=ColourEncoder()), strategy=BOTH, seed=0)
    (score,) = outcome.scores
    variance = 4 * 0.2**2 / 3
    assert (score.measure, score.count) == ("FID", 4)
    assert score.value == pytest.approx(0.4**2 + variance * (2 - 1) ** 2, abs=1e-6)
    assert mirror.asked == [f"{BOTH.name}: rr"] * 4


def test_pictures_like_the_real_ones_have_no_distance(folder: Path) -> None:
    data = load(folder)
    order = [REAL[int(each.path.stem[-1])] for each in data.captioned]
    outcome = coco(Mirror(order), data, instruments(inception=ColourEncoder()), strategy=BOTH, seed=0)
    assert outcome.scores[0].value == pytest.approx(0, abs=1e-9)


def test_clip_t_is_the_mean_cosine_with_the_captions(folder: Path) -> None:
    mirror = Mirror([(255, 0, 0), (255, 0, 0), (0, 255, 0), (30, 40, 0)])
    outcome = coco(mirror, load(folder), instruments(clip=ColourEncoder()), strategy=BOTH, seed=0)
    (score,) = outcome.scores
    assert score.measure == "CLIP-T"
    assert score.value == pytest.approx((1 + 1 + 0 + 0.6) / 4)


def test_the_draw_is_the_seeds(folder: Path) -> None:
    names = [[each.path.name for each in load(folder, 2, seed).captioned] for seed in (1, 1, 2, 3, 4)]
    assert names[0] == names[1]
    assert any(other != names[0] for other in names[2:])
    assert all(len(set(drawn)) == 2 for drawn in names)


def test_what_is_missing_is_named(folder: Path) -> None:
    with pytest.raises(InvalidArgumentError, match="--inception for FID or --clip"):
        coco(Mirror(), load(folder), instruments(), strategy=BOTH, seed=0)
    (folder / "val2014" / "COCO_val2014_000000000002.png").unlink()
    with pytest.raises(NotFoundError, match=r"000000000002\.png does not exist, though the captions name it"):
        load(folder)
    (folder / "captions_val2014.json").write_text('{"images": [{"id": "x", "file_name": "y"}], "annotations": []}')
    with pytest.raises(InvalidArgumentError, match=r"images\.0\.id"):
        load(folder)
    with pytest.raises(NotFoundError, match=r"nowhere.*does not exist"):
        load(folder / "nowhere")
