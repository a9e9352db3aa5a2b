from __future__ import annotations

import pytest

from bench.quality.subjects.strategy import BOTH, DIRECT
from bench.quality.suites.score import Better, Outcome, Score
from bench.quality.targets import TARGETS, Result, results


def outcome(*rows: tuple[str, str, str, float]) -> Outcome:
    return Outcome([Score(suite, setting, measure, value, 4, Better.HIGHER) for suite, setting, measure, value in rows])


def result(name: str, *rows: tuple[str, str, str, float]) -> Result:
    (found,) = (each for each in results([outcome(*rows)]) if each.target.name.startswith(name))
    return found


@pytest.mark.parametrize(
    ("name", "row", "least"),
    [
        ("text to image, one object", ("text-to-image", "one object", "all shapes and colours right"), 0.95),
        ("text to image, two objects", ("text-to-image", "two objects", "all shapes and colours right"), 0.85),
        ("position and size", ("text-to-image", "position and size words", "position and size words right"), 0.8),
        ("questions", ("understanding", "all questions", "answers right"), 0.9),
        ("one subject", ("single-subject", "t_ref 25", "shape, colour and texture kept"), 0.85),
        ("two subjects", ("multi-subject", "2 references", "shape, colour and texture kept"), 0.7),
        ("edit", ("editing", "all edits", "change done and all the rest kept"), 0.8),
        ("conversation", ("conversation", "after turn 4", "last picture satisfies all wishes so far"), 0.6),
    ],
)
def test_a_share_is_met_from_its_least_on(name: str, row: tuple[str, str, str], least: float) -> None:
    assert result(name, (*row, least)).met is True
    assert result(name, (*row, least - 0.01)).met is False
    assert result(name, (*row, least)).target.promised == f"at least {least * 100:g} %"
    assert result(name).met is None


@pytest.mark.parametrize("kind", ["inpainting", "restoration of noise", "restoration of blur", "super-resolution"])
def test_what_is_mended_must_be_better_than_it_was(kind: str) -> None:
    setting = {"inpainting": "hole", "super-resolution": "coarse"}.get(kind, kind.rsplit(maxsplit=1)[-1])
    assert result(kind, ("restoration", setting, "PSNR gained, dB", 0.1)).met is True
    assert result(kind, ("restoration", setting, "PSNR gained, dB", 0.0)).met is False


@pytest.mark.parametrize(
    ("name", "measure", "without", "psr", "met"),
    [
        ("PSNR_d", "PSNR_d, dB", 19.9, 9.7, True),
        ("PSNR_d", "PSNR_d, dB", 9.7, 19.9, False),
        ("LPIPS_d", "EVA-distance_d", 0.1, 0.2, True),
        ("LPIPS_d", "LPIPS_d", 0.2, 0.1, False),
        ("agreement", "prompt's facts shown", 0.90, 0.89, True),
        ("agreement", "prompt's facts shown", 0.90, 0.87, False),
    ],
)
def test_diversity_compares_with_and_without_rewriting(
    name: str, measure: str, without: float, psr: float, *, met: bool
) -> None:
    rows = ("diversity", DIRECT.name, measure, without), ("diversity", BOTH.name, measure, psr)
    assert result(name, *rows).met is met
    assert result(name, rows[0]).met is None


def test_values_are_shown_in_their_units() -> None:
    found = {each.name: each.shown(0.8543) for each in TARGETS}
    assert found["questions answered"] == "85.4 %"
    assert found["inpainting: PSNR above the input's by"] == "0.85 dB"
    assert found["LPIPS_d with PSR above without by"] == "0.854"
    assert {each.promised for each in TARGETS if each.above} == {"above 0 dB", "above 0"}
    assert next(each.promised for each in TARGETS if each.name.startswith("agreement")) == "at least -2 points"
