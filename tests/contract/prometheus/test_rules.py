from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.contract.prometheus.conftest import RULES, Judge, series
from tests.contract.prometheus.traffic import CLASSES, TRAFFIC


def test_promtool_takes_every_file(programs: Path) -> None:
    ran = subprocess.run([programs / "promtool", "check", "rules", *RULES], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(RULES) == 3


def _expected(expr: str, at: str, value: float, **labels: str) -> dict[str, object]:
    """Rounded: promtool compares floats exactly, and sums of steps of 0.1 are not exact. It drops the name."""
    pairs = ", ".join(f'{key}="{of}"' for key, of in sorted(labels.items()))
    sample = {"labels": f"{{{pairs}}}", "value": value}
    return {"expr": f"round({expr}, 0.000001)", "eval_time": at, "exp_samples": [sample]}


@pytest.mark.parametrize("slo", TRAFFIC)
def test_a_tenth_of_errors_is_recorded_as_a_tenth(judge: Judge, slo: str) -> None:
    labels = {"slo": slo, **CLASSES.get(slo, {})}
    values = {"events": 1.0, "errors": 0.1, "error_ratio": 0.1}
    expectations = [
        _expected(f'wegen:slo_{kind}:rate{window}{{slo="{slo}"}}', "1h30m", value, **labels)
        for kind, value in values.items()
        for window in ("5m", "30m", "1h")
    ]
    # Windows that are longer than the data: the same share.
    expectations += [
        _expected(f'wegen:slo_error_ratio:rate{window}{{slo="{slo}"}}', "1h30m", 0.1, **labels)
        for window in ("2h", "6h", "1d", "3d")
    ]
    judge("recording", "5m", {"input_series": series(TRAFFIC[slo](54, 6)), "promql_expr_test": expectations})


def test_without_events_there_are_no_errors(judge: Judge) -> None:
    expectation = _expected('wegen:slo_error_ratio:rate5m{slo="first_token"}', "10m", 0, slo="first_token")
    judge("recording", "5m", {"input_series": series(TRAFFIC["first_token"](0, 0)), "promql_expr_test": [expectation]})


def test_engines_are_recorded_by_model(judge: Judge) -> None:
    given = {
        'wegen_slots{model="sdxl_denoiser",instance="a"}': "8x20",
        'wegen_slots{model="sdxl_denoiser",instance="b"}': "8x20",
        'wegen_slots_in_use{model="sdxl_denoiser",instance="a"}': "8x20",
        'wegen_slots_in_use{model="sdxl_denoiser",instance="b"}': "4x20",
        'wegen_steps_total{model="sdxl_denoiser",kind="denoise",instance="a"}': "0+60x20",
        'wegen_step_rows_total{model="sdxl_denoiser",kind="denoise",instance="a"}': "0+240x20",
    }
    expectations = [
        _expected("wegen:slots:use_ratio", "15m", 0.75, model="sdxl_denoiser"),
        _expected("wegen:rows_per_step:mean5m", "15m", 4, kind="denoise", model="sdxl_denoiser"),
        _expected('wegen:slo_budget:ratio{slo="calls"}', "15m", 0.001, slo="calls"),
    ]
    judge("recording", "5m", {"input_series": series(given), "promql_expr_test": expectations})
