"""promtool on the rules that are shipped."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.prometheus.server import find

ROOT = Path(__file__).resolve().parents[3]
RULES = sorted((ROOT / "deploy/prometheus/rules").glob("*.yaml"))
Series = Mapping[str, str]
Judge = Callable[..., None]


@pytest.fixture(scope="session")
def programs() -> Path:
    return find(ROOT / ".cache/prometheus")


@pytest.fixture
def judge(programs: Path, tmp_path: Path) -> Judge:
    """Put tests of some rule files to promtool; fails with what promtool says."""

    def put(names: str, every: str, *tests: dict[str, Any]) -> None:
        document = {
            "rule_files": [str(path) for path in RULES if path.stem in names.split()],
            "evaluation_interval": every,
            "tests": [{"interval": "1m", **test} for test in tests],
        }
        file = tmp_path / "test.yaml"
        file.write_text(json.dumps(document))
        ran = subprocess.run(
            [programs / "promtool", "test", "rules", file], capture_output=True, text=True, timeout=120, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr

    return put


def alert_rules() -> list[dict[str, Any]]:
    """All alerts of the shipped files."""
    documents = [yaml.safe_load(path.read_text()) for path in RULES]
    rules = [rule for document in documents for group in document["groups"] for rule in group["rules"]]
    return [rule for rule in rules if "alert" in rule]


def fired(name: str, **labels: str) -> dict[str, Any]:
    """The alert as promtool expects it, with `labels` beside the rule's own."""
    rule = next(
        rule
        for rule in alert_rules()
        if rule["alert"] == name and all(rule["labels"].get(key, value) == value for key, value in labels.items())
    )
    known = {**rule["labels"], **labels}

    def value(found: re.Match[str]) -> str:
        return str(known[found.group(1)])

    texts = {key: re.sub(r"\{\{ \$labels\.(\w+) \}\}", value, text) for key, text in rule["annotations"].items()}
    return {"exp_labels": known, "exp_annotations": texts}


def series(given: Series) -> list[dict[str, str]]:
    return [{"series": name, "values": values} for name, values in given.items()]


def expects(name: str, at: str, alerts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"eval_time": at, "alertname": name, "exp_alerts": list(alerts)}]
