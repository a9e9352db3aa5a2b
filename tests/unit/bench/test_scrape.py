from __future__ import annotations

import math

import pytest

from bench.scrape import parse

BEFORE = """
# TYPE wegen_steps_total counter
wegen_steps_total{model="sdxl_denoiser",kind="denoise",version="1"} 10
wegen_step_rows_total{model="sdxl_denoiser",kind="denoise",version="1"} 10
wegen_slots_in_use{model="sdxl_denoiser"} 1
wegen_slots_in_use{model="llama_feature_generator"} 2
"""
AFTER = BEFORE.replace("} 10", "} 30", 1).replace(
    'wegen_step_rows_total{model="sdxl_denoiser",kind="denoise",version="1"} 10',
    'wegen_step_rows_total{model="sdxl_denoiser",kind="denoise",version="1"} 90',
)


def test_rows_per_step_between_two_readings() -> None:
    between = parse(AFTER).since(parse(BEFORE))
    assert between.rows_per_step("sdxl_denoiser", "denoise") == pytest.approx(80 / 20)


def test_totals_sum_over_the_labels_that_were_not_named() -> None:
    assert parse(BEFORE).total("wegen_slots_in_use") == 3
    assert parse(BEFORE).total("wegen_slots_in_use", model="sdxl_denoiser") == 1
    assert parse(BEFORE).total("nothing") == 0


def test_no_step_has_no_mean() -> None:
    assert math.isnan(parse(BEFORE).rows_per_step("llama_feature_generator", "decode"))
