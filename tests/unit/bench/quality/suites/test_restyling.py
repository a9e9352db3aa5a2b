from __future__ import annotations

from bench.quality.suites.restyling import ALL, PLACED, PSNR, RIGHT, restyling
from bench.quality.suites.scenes import painted, restylings
from export.signal import IDENTICAL_DB
from export.training.world import STYLES, render
from tests.unit.bench.quality.suites.oracle import knowing, values

CASES = list(restylings(12))


def test_the_restyled_scene_is_right_in_every_style() -> None:
    asked = [(painted(case.scene, 128), case.restyling.request) for case in CASES]
    oracle = knowing(zip(asked, (render(case.restyling.result) for case in CASES), strict=True))
    value = values(restyling(oracle, CASES, side=128, seed=4))
    assert {setting for setting, _ in value} == {ALL, *STYLES[1:]}
    assert [value[ALL, measure] for measure in (RIGHT, PLACED, PSNR)] == [1, 1, IDENTICAL_DB]
    assert oracle.seeds == list(range(4, 16))


def test_the_old_style_is_wrong_in_every_other() -> None:
    pictures = [painted(case.scene, 128) for case in CASES]
    oracle = knowing(((p, case.restyling.request), p) for p, case in zip(pictures, CASES, strict=True))
    value = values(restyling(oracle, CASES, side=128, seed=0))
    assert {value[style, RIGHT] for style in (ALL, *STYLES[1:])} == {0}
    assert value[ALL, PSNR] < IDENTICAL_DB
