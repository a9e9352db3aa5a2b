"""Each alert on a symptom or a cause: series that fire it and series that look like trouble and are none."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tests.contract.prometheus.conftest import Judge, alert_rules, expects, fired, series

READY = "wegen_gateway_dependency_ready"
TRITON_A, TRITON_B = (f'{READY}{{dependency="triton",instance="{instance}"}}' for instance in "ab")
DELIVERED, FAILED = (f'wegen_gateway_webhooks_total{{outcome="{outcome}"}}' for outcome in ("delivered", "failed"))
WORN_OUT, MODEL = (f'wegen_worker_failures_total{{cause="{cause}"}}' for cause in ("worn_out", "model"))
AGE = "wegen_gateway_queue_age_seconds"


@dataclass(frozen=True)
class Case:
    alert: str
    at: str
    fires: dict[str, str]
    quiet: dict[str, str]
    labels: dict[str, str] = field(default_factory=dict)


CASES = (
    Case(
        "WegenTritonNotReady",
        "10m",
        {TRITON_A: "1x3 0x20", TRITON_B: "0x20"},
        # One gateway reaches it.
        {TRITON_A: "0x20", TRITON_B: "1x20"},
    ),
    Case(
        "WegenDependencyAway",
        "10m",
        {f'{READY}{{dependency="redis"}}': "1x4 0x20", f'{READY}{{dependency="database"}}': "1x20"},
        # Triton has an alert of its own; a minute is a restart.
        {f'{READY}{{dependency="triton"}}': "0x20", f'{READY}{{dependency="redis"}}': "1x8 0 1x10"},
        {"dependency": "redis"},
    ),
    Case(
        "WegenGatewayMissing",
        "10m",
        {"wegen_worker_running_jobs": "0x20"},
        {"wegen_gateway_active_chats": "0x20"},
    ),
    Case(
        "WegenWorkersMissing",
        "10m",
        {'wegen_gateway_jobs{state="queued"}': "1x20"},
        # Scaled to none while nothing waits.
        {'wegen_gateway_jobs{state="queued"}': "0x20"},
    ),
    Case(
        "WegenTargetDown",
        "30m",
        {'up{job="j",instance="a"}': "1x5 0x30", 'wegen_worker_running_jobs{job="j",instance="a"}': "0x5 stale"},
        # Another program's target, and one of ours that is gone for good.
        {
            'up{job="j",instance="other"}': "0x40",
            'up{job="j",instance="b"}': "1x5 stale",
            'wegen_slots{job="j",instance="b",model="m"}': "8x5 stale",
        },
        {"job": "j", "instance": "a"},
    ),
    Case(
        "WegenQueueAge",
        "20m",
        {f'{AGE}{{priority="interactive",instance="a"}}': "0+60x20", f'{AGE}{{priority="batch"}}': "0x20"},
        # Batch work waits by design.
        {f'{AGE}{{priority="interactive"}}': "90x20", f'{AGE}{{priority="batch"}}': "0+60x20"},
    ),
    Case(
        "WegenBatchQueueAge",
        "8h",
        {f'{AGE}{{priority="batch"}}': "0+60x480"},
        {f'{AGE}{{priority="batch"}}': "0+30x480"},
    ),
    Case(
        "WegenQueueStalled",
        "1h",
        {'wegen_gateway_jobs{state="queued"}': "3x60", 'wegen_worker_jobs_total{outcome="succeeded"}': "0+1x10 10x50"},
        # A full queue that moves.
        {'wegen_gateway_jobs{state="queued"}': "200x60", 'wegen_worker_jobs_total{outcome="succeeded"}': "0+1x60"},
    ),
    Case(
        "WegenSlotsExhausted",
        "30m",
        {
            'wegen_slots{model="sdxl_denoiser"}': "16x40",
            'wegen_slots_in_use{model="sdxl_denoiser"}': "16x40",
            'wegen_queue_depth{model="sdxl_denoiser"}': "3x40",
        },
        # Full and nobody waits: that is what slots are for.
        {
            'wegen_slots{model="sdxl_denoiser"}': "16x40",
            'wegen_slots_in_use{model="sdxl_denoiser"}': "16x40",
            'wegen_queue_depth{model="sdxl_denoiser"}': "0x40",
        },
        {"model": "sdxl_denoiser"},
    ),
    Case(
        "WegenCapacityRefusals",
        "30m",
        {
            'wegen_gateway_refusals_total{reason="TOO_MANY_CHATS"}': "0+6x40",
            'wegen_gateway_requests_total{code="RESOURCE_EXHAUSTED"}': "0+6x40",
            'wegen_gateway_requests_total{code="OK"}': "0+60x40",
        },
        # Refused for what they asked, and one refusal of two calls.
        {
            'wegen_gateway_refusals_total{reason="NOT_AN_IMAGE"}': "0+60x40",
            'wegen_gateway_refusals_total{reason="QUEUE_FULL"}': "0x25 1x15",
            'wegen_gateway_requests_total{code="OK"}': "0x25 2x15",
        },
    ),
    Case(
        "WegenStoreErrors",
        "30m",
        {
            'wegen_worker_store_errors_total{call="put"}': "0+2x40",
            'wegen_worker_store_seconds_count{call="put"}': "0+60x40",
            'wegen_gateway_store_errors_total{call="get"}': "0x40",
        },
        # The health check's own calls, and two errors in half an hour.
        {
            'wegen_gateway_store_errors_total{call="check"}': "0+30x40",
            'wegen_gateway_store_seconds_count{call="check"}': "0+30x40",
            'wegen_worker_store_errors_total{call="put"}': "0x24 2x20",
            'wegen_worker_store_seconds_count{call="put"}': "0+1x40",
        },
    ),
    Case(
        "WegenLeaseLosses",
        "30m",
        {'wegen_worker_leases_lost_total{noticed="sweep"}': "0x10 8x20"},
        # A node was drained.
        {'wegen_worker_leases_lost_total{noticed="sweep"}': "0x10 4x20"},
    ),
    Case(
        "WegenJobsWornOut",
        "30m",
        {WORN_OUT: "0x10 1x20"},
        {WORN_OUT: "1x40", MODEL: "0+1x40"},
    ),
    Case(
        "WegenWebhooksFailing",
        "1h30m",
        {FAILED: "0+2x100", DELIVERED: "0+1x100"},
        # One receiver of many is down.
        {FAILED: "0+2x100", DELIVERED: "0+9x100"},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_it_fires(judge: Judge, case: Case) -> None:
    alerts = [fired(case.alert, **case.labels)]
    judge(
        "symptoms", "1m", {"input_series": series(case.fires), "alert_rule_test": expects(case.alert, case.at, alerts)}
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_it_is_quiet(judge: Judge, case: Case) -> None:
    judge("symptoms", "1m", {"input_series": series(case.quiet), "alert_rule_test": expects(case.alert, case.at, [])})


def test_every_alert_has_its_case() -> None:
    named = {rule["alert"] for rule in alert_rules()}
    assert {case.alert for case in CASES} == {name for name in named if not name.endswith("BudgetBurn")}
