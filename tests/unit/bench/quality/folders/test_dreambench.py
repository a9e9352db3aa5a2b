"""A miniature of google/dreambooth's `dataset` folder, with numbers computed by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from bench.quality.folders.dreambench import ALL, DreamBench, dreambench
from services.errors import InvalidArgumentError, NotFoundError
from tests.unit.bench.quality.conftest import ColourEncoder, plain
from tests.unit.bench.quality.folders.mirror import Mirror, instruments

PROMPTS = """Classes

subject_name,class
bear_plushie,stuffed animal
dog2,dog

Prompts

Object Prompts

prompt_list = [
'a {0} {1} on grass'.format(unique_token, class_token),
'a red {0} {1}'.format(unique_token, class_token)
]

Live Subject Prompts

prompt_list = [
'a {0} {1} wearing a red hat'.format(unique_token, class_token)
]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "prompts_and_classes.txt").write_text(PROMPTS)
    (tmp_path / "references_and_licenses.txt").write_text("none")
    colours = {"bear_plushie": [(200, 0, 0), (0, 200, 0)], "dog2": [(0, 0, 90)]}
    for name, pictures in colours.items():
        (tmp_path / name).mkdir()
        for number, colour in enumerate(pictures):
            Image.fromarray(plain(*colour)).save(tmp_path / name / f"{number:02}.png")
    return tmp_path


def test_objects_and_live_subjects_have_their_own_prompts(folder: Path) -> None:
    data = DreamBench.load(folder)
    bear, dog = data.individuals
    assert [case.text for case in data.cases(bear)] == ["a stuffed animal on grass", "a red stuffed animal"]
    assert [case.text for case in data.cases(dog)] == ["a dog wearing a red hat"]
    assert len(DreamBench.load(folder, limit=1).individuals) == 1


def test_the_scores_are_those_computed_by_hand(folder: Path) -> None:
    """The mirror shows the first picture: like itself 1, unlike the bear's second 0; the dog has one picture only."""
    mirror = Mirror()
    tools = instruments(dino=ColourEncoder(), clip=ColourEncoder())
    outcome = dreambench(mirror, DreamBench.load(folder), tools, samples=2, seed=0)
    value = {(score.setting, score.measure): (score.value, score.count) for score in outcome.scores}
    assert value["bear_plushie", "DINO"] == pytest.approx((0.5, 4))
    assert value["dog2", "CLIP-I"] == pytest.approx((1.0, 2))
    assert value[ALL, "DINO"] == pytest.approx(((4 * 0.5 + 2 * 1.0) / 6, 6))
    # Letters r, g, b: "a stuffed animal on grass" has (1, 1, 0), "a red stuffed animal" (1, 0, 0).
    assert value["bear_plushie", "CLIP-T"][0] == pytest.approx((0.5**0.5 + 1) / 2)


def test_the_reference_stands_behind_its_name(folder: Path) -> None:
    mirror = Mirror()
    dreambench(mirror, DreamBench.load(folder), instruments(), samples=1, seed=0)
    assert mirror.asked == ["a stuffed animal* on grass", "a red stuffed animal*", "a dog* wearing a red hat"]


def test_our_own_encoder_stands_in_under_its_own_name(folder: Path) -> None:
    outcome = dreambench(Mirror(), DreamBench.load(folder), instruments(), samples=1, seed=0)
    assert {score.measure for score in outcome.scores} == {"colours"}


def test_what_is_missing_is_named(folder: Path) -> None:
    (folder / "dog2" / "00.png").unlink()
    with pytest.raises(NotFoundError, match=r"dog2 holds no file"):
        DreamBench.load(folder)
    (folder / "prompts_and_classes.txt").write_text(PROMPTS.replace("Live Subject Prompts", "Others"))
    with pytest.raises(InvalidArgumentError, match="lacks classes or prompts"):
        DreamBench.load(folder)
    (folder / "prompts_and_classes.txt").unlink()
    with pytest.raises(NotFoundError, match=r"prompts_and_classes\.txt does not exist"):
        DreamBench.load(folder)
