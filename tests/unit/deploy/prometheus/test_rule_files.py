"""What the rules ask for exists, their files are what the code says, and every alert says what to do."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from deploy.local.settings import StackSettings
from deploy.outputs import ROOT, stale
from deploy.prometheus import catalogue
from deploy.prometheus.__main__ import CHART_RULES, PAGE, RULES, texts
from deploy.prometheus.objectives import CANCEL_S, FIRST_TOKEN_S, IMAGE_S, OBJECTIVES
from deploy.prometheus.rules import files
from deploy.prometheus.windows import Pace
from services.gateway.settings import GatewaySettings
from services.telemetry.labels import SIZES, STEPS
from services.worker.settings import WorkerSettings
from tests.unit.deploy.prometheus.queries import names

RUNBOOK = (ROOT / "docs/runbook.md").read_text()


def all_rules(pace: Pace | None = None) -> list[dict[str, Any]]:
    documents = [yaml.safe_load(text) for text in files(pace).values()]
    return [rule for document in documents for group in document["groups"] for rule in group["rules"]]


ALERTS = sorted({rule["alert"] for rule in all_rules() if "alert" in rule})


def test_files_are_what_the_code_writes() -> None:
    assert stale(texts()) == [], "run python -m deploy.prometheus write"
    for folder in (RULES, CHART_RULES):
        assert {path.name for path in (ROOT / folder).iterdir()} == set(files())


def test_every_metric_of_a_rule_exists() -> None:
    recorded = {rule["record"] for rule in all_rules() if "record" in rule}
    asked = set().union(*(names(rule["expr"]) for rule in all_rules()))
    assert len(asked) > 20
    assert asked - recorded - set(catalogue.series()) == set()


def test_rules_name_no_job() -> None:
    assert [rule for rule in all_rules() if re.search(r"\bjob\s*[=!]", rule["expr"])] == []


def test_thresholds_are_bounds_of_their_buckets() -> None:
    buckets = {family.name: family.buckets for part in catalogue.families().values() for family in part}
    assert FIRST_TOKEN_S in buckets["wegen_gateway_time_to_first_token_seconds"]
    assert CANCEL_S in buckets["wegen_gateway_cancel_latency_seconds"]
    assert set(IMAGE_S.values()) <= set(buckets["wegen_worker_image_seconds"])
    assert set(IMAGE_S) == {(size, steps) for size in SIZES for steps in STEPS}


def test_no_alert_can_ask_for_more_than_all_events() -> None:
    assert all(14.4 * objective.budget < 1 for objective in OBJECTIVES)


@pytest.mark.parametrize("alert", ALERTS)
def test_the_runbook_says_what_it_means_what_to_look_at_and_what_to_do(alert: str) -> None:
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", RUNBOOK, flags=re.MULTILINE | re.DOTALL))
    section = sections[alert]
    assert all(f"**{part}**" in section for part in ("Means", "Look", "Do"))
    (rule, *_) = [rule for rule in all_rules() if rule.get("alert") == alert]
    assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{alert.lower()}"
    assert rule["labels"]["severity"] in {"critical", "warning"}


def test_the_runbook_has_no_alert_that_is_gone_and_asks_for_no_metric_that_is() -> None:
    assert set(re.findall(r"^## (Wegen\w+)", RUNBOOK, flags=re.MULTILINE)) == set(ALERTS)
    recorded = {rule["record"] for rule in all_rules() if "record" in rule}
    asked = set().union(*(names(code) for code in re.findall(r"`([^`]+)`", RUNBOOK)))
    assert asked - recorded - set(catalogue.series()) == set()


def test_every_setting_that_the_pages_name_exists() -> None:
    known = {name for one in (GatewaySettings, WorkerSettings, StackSettings) for name in one.model_fields}
    named = set(re.findall(r"`WEGEN_(\w+)", RUNBOOK + (ROOT / PAGE).read_text()))
    assert len(named) > 10
    assert {name.lower() for name in named} - known == set()


def test_a_rehearsal_shortens_durations_and_keeps_names() -> None:
    plain, quick = all_rules(), all_rules(Pace(60))
    assert [rule.get("record") for rule in plain] == [rule.get("record") for rule in quick]
    durations = {found for rule in quick for found in re.findall(r"\[(\w+)\]", rule["expr"])}
    assert durations >= {"5000ms", "60000ms", "4320000ms"}
    assert not any(duration.endswith(("m", "h", "d")) for duration in durations)


def test_the_page_lists_every_metric_of_a_query_of_tritons() -> None:
    page = (ROOT / PAGE).read_text()
    assert all(f"| `{family.name}` |" in page for part in catalogue.families().values() for family in part)
