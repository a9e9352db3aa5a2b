"""Every budget's four alerts: quiet below their rate and on a night's few errors, firing above, ending soon after."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.prometheus.conftest import Judge, alert_rules, expects, fired, series
from tests.contract.prometheus.traffic import CLASSES, TRAFFIC

# As the objectives have them, written down again: a slip in one place shows.
BUDGETS = {
    "first_token": ("WegenFirstTokenBudgetBurn", 0.01),
    "image_latency": ("WegenImageLatencyBudgetBurn", 0.05),
    "job_success": ("WegenJobSuccessBudgetBurn", 0.01),
    "cancel_latency": ("WegenCancelLatencyBudgetBurn", 0.01),
    "calls": ("WegenCallsBudgetBurn", 0.001),
}
LONG = {14.4: "1h", 6.0: "6h", 3.0: "1d", 1.0: "3d"}
A_MINUTE = 2000.0


def _fired(slo: str, *rates: float) -> list[dict[str, Any]]:
    name, labels = BUDGETS[slo][0], {"slo": slo, **CLASSES.get(slo, {})}
    return [fired(name, long=LONG[rate], **labels) for rate in rates]


def _traffic(slo: str, share: float, a_minute: float = A_MINUTE) -> list[dict[str, str]]:
    return series(TRAFFIC[slo](a_minute * (1 - share), a_minute * share))


@pytest.mark.parametrize("slo", BUDGETS)
@pytest.mark.parametrize("rate", LONG)
def test_it_fires_above_its_rate_and_the_slower_ones_with_it(judge: Judge, slo: str, rate: float) -> None:
    name, budget = BUDGETS[slo]
    firing = [other for other in LONG if other <= rate]
    given = _traffic(slo, 1.1 * rate * budget)
    judge(
        "recording burning",
        "5m",
        {"input_series": given, "alert_rule_test": expects(name, "1h10m", _fired(slo, *firing))},
    )


@pytest.mark.parametrize("slo", BUDGETS)
def test_it_is_quiet_within_the_budget(judge: Judge, slo: str) -> None:
    name, budget = BUDGETS[slo]
    judge(
        "recording burning",
        "5m",
        {"input_series": _traffic(slo, 0.9 * budget), "alert_rule_test": expects(name, "1h10m", [])},
    )


@pytest.mark.parametrize("slo", BUDGETS)
def test_a_few_errors_of_few_events_are_quiet(judge: Judge, slo: str) -> None:
    """Two events an hour, each of them an error."""
    judge(
        "recording burning",
        "5m",
        {"input_series": _traffic(slo, 1.0, 2 / 60), "alert_rule_test": expects(BUDGETS[slo][0], "1h10m", [])},
    )


@pytest.mark.parametrize("slo", BUDGETS)
def test_the_fastest_ends_minutes_after_the_errors_do(judge: Judge, slo: str) -> None:
    bad = TRAFFIC[slo](0, 100)
    given = {name: f"{values.split('x')[0]}x60 {_last(values)}+0x60" for name, values in bad.items()}
    checks = [
        *expects(BUDGETS[slo][0], "1h", _fired(slo, *LONG)),
        *expects(BUDGETS[slo][0], "1h40m", _fired(slo, 3, 1)),
    ]
    judge("recording burning", "5m", {"input_series": series(given), "alert_rule_test": checks})


def _last(values: str) -> float:
    return float(values.split("+")[1].split("x", maxsplit=1)[0]) * 60


def test_only_what_hurts_at_once_wakes_anybody() -> None:
    waking = {
        (rule["alert"], rule["labels"].get("long"))
        for rule in alert_rules()
        if rule["labels"]["severity"] == "critical"
    }
    assert {long for name, long in waking if name.endswith("BudgetBurn")} == {"1h", "6h"}
    assert not any(name == "WegenCancelLatencyBudgetBurn" for name, _ in waking)
