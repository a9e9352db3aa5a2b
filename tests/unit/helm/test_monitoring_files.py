"""Rules and dashboards go into the cluster as they are, whatever braces they hold."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from deploy.chart.values import CHART
from tests.unit.helm.chart import Release, render
from tests.unit.helm.kubernetes import VERSIONS, problems

RULE = """groups:
  - name: example
    interval: 30s
    rules:
      - alert: Example
        expr: rate(wegen_x_total{code!~"2.."}[5m]) > 0.05
        for: 10m
        labels: {severity: page}
        annotations:
          summary: "{{ $labels.pod }} has {{ $value | humanizePercentage }}"
"""
DASHBOARD = {"title": "Example {{ pod }}", "panels": [{"legendFormat": "{{ model }}"}]}


@pytest.fixture
def made(tmp_path: Path) -> Release:
    chart = tmp_path / "wegen"
    shutil.copytree(CHART, chart)
    for folder, name, text in (("rules", "an_example.yaml", RULE), ("dashboards", "one.json", json.dumps(DASHBOARD))):
        (chart / "files" / folder).mkdir(parents=True, exist_ok=True)
        (chart / "files" / folder / name).write_text(text)
    return render({"monitoring": {"rules": {"enabled": True}, "dashboards": {"enabled": True}}}, chart)


def test_a_rule_file_becomes_a_rule(made: Release) -> None:
    rule = made.one("PrometheusRule", "wegen-an-example")
    (group,) = rule["spec"]["groups"]
    assert group["rules"][0]["annotations"]["summary"] == "{{ $labels.pod }} has {{ $value | humanizePercentage }}"
    assert group["rules"][0]["expr"] == 'rate(wegen_x_total{code!~"2.."}[5m]) > 0.05'


def test_a_dashboard_becomes_a_config_map_that_the_sidecar_finds(made: Release) -> None:
    config = made.one("ConfigMap", "wegen-dashboard-one")
    assert config["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(config["data"]["one.json"]) == DASHBOARD


def test_they_are_valid(made: Release) -> None:
    assert made.of("PrometheusRule")
    for manifest in made.of("PrometheusRule", "ConfigMap"):
        assert problems(manifest, VERSIONS[-1]) == []
        # Kubernetes takes no object above 1 MiB by the client's apply, 256 KiB in its annotation.
        assert len(json.dumps(manifest)) < 1_000_000


def test_without_being_asked_for_there_are_none() -> None:
    made = render({})
    assert made.of("PrometheusRule", "PodMonitor", "ServiceMonitor") == []
    assert [one for one in made.of("ConfigMap") if "dashboard" in one["metadata"]["name"]] == []
