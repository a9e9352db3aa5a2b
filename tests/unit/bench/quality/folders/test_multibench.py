"""A miniature of the folder that MultiBench is read from, with numbers computed by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from bench.quality.folders.multibench import ALL, MultiBench, multibench
from services.errors import InvalidArgumentError, NotFoundError
from tests.unit.bench.quality.conftest import ColourEncoder, plain
from tests.unit.bench.quality.folders.mirror import Mirror, instruments

TWO = {"prompt": "a {1} beside a {0}", "subjects": ["food/red_apple", "toys/bear"]}
THREE = {"prompt": "{0}, {1} and {2} on grass", "subjects": ["food/red_apple", "toys/bear", "living/cat"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    colours = {"food/red_apple.jpg": (200, 0, 0), "toys/bear.png": (0, 200, 0), "living/cat.webp": (0, 0, 200)}
    for name, colour in colours.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(plain(*colour)).save(tmp_path / name)
    write(tmp_path, TWO, THREE)
    return tmp_path


def write(folder: Path, *cases: object) -> None:
    (folder / "prompts.jsonl").write_text("\n".join(map(json.dumps, cases)) + "\n\n")


def test_pictures_stand_where_they_are_meant(folder: Path) -> None:
    mirror = Mirror()
    multibench(mirror, MultiBench.load(folder), instruments(), samples=1, seed=0)
    assert mirror.asked == ["a bear* beside a red apple*", "red apple*, bear* and cat* on grass"]


def test_the_scores_are_those_computed_by_hand(folder: Path) -> None:
    """The mean of two equal pure colours is at 45 degrees to both; of three at acos(1 / sqrt 3) to each."""
    tools = instruments(dino=ColourEncoder(), clip=ColourEncoder())
    outcome = multibench(Mirror(), MultiBench.load(folder), tools, samples=3, seed=0)
    value = {(score.setting, score.measure): (score.value, score.count) for score in outcome.scores}
    two, three = 0.5**0.5, (1 / 3) ** 0.5
    assert value["2 references", "DINO"] == pytest.approx((two, 3), abs=0.02)
    assert value["3 references", "DINO"] == pytest.approx((three, 3), abs=0.02)
    assert value[ALL, "CLIP-I"] == pytest.approx(((two + three) / 2, 6), abs=0.02)
    # "a bear beside a red apple" has the letters r, g, b (2, 0, 2) times.
    assert value["2 references", "CLIP-T"][0] == pytest.approx(0.5, abs=0.02)


def test_a_wrong_line_is_named_with_its_number(folder: Path) -> None:
    write(folder, TWO, {"prompt": "a {0}", "subjects": ["food/red_apple"]})
    with pytest.raises(InvalidArgumentError, match=r"prompts\.jsonl:2: subjects"):
        MultiBench.load(folder)
    assert len(MultiBench.load(folder, limit=1).cases) == 1
    write(folder, {"prompt": "a {0} and a {0}", "subjects": ["food/red_apple", "toys/bear"]})
    with pytest.raises(InvalidArgumentError, match=r"needs each of \{0\} to \{1\} once"):
        MultiBench.load(folder)
    write(folder)
    with pytest.raises(InvalidArgumentError, match="holds no prompt"):
        MultiBench.load(folder)


def test_a_missing_picture_is_named(folder: Path) -> None:
    (folder / "toys" / "bear.png").unlink()
    with pytest.raises(NotFoundError, match="toys/bear has no picture"):
        MultiBench.load(folder)
