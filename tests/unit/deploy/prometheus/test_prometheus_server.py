from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from deploy.local.settings import StackSettings
from deploy.prometheus import __main__ as command
from deploy.prometheus.server import Server, find


def test_the_configuration_scrapes_the_stack_and_reads_the_rules(tmp_path: Path) -> None:
    targets = command.stack_targets(StackSettings.load(gateway_metrics_port=7001))
    server = Server(Path("/programs"), tmp_path / "data", 9099, targets, (tmp_path / "r.yaml",), interval_s=0.5)
    line = server.make()
    document = json.loads((tmp_path / "data/prometheus.json").read_text())
    assert document["global"]["scrape_interval"] == "500ms"
    assert document["rule_files"] == [str(tmp_path / "r.yaml")]
    scraped = {one["job_name"]: one["static_configs"][0]["targets"] for one in document["scrape_configs"]}
    assert scraped == {"gateway": ["127.0.0.1:7001"], "worker": ["127.0.0.1:9102"], "triton": ["127.0.0.1:8002"]}
    assert line[0] == "/programs/prometheus"
    assert "--web.listen-address=127.0.0.1:9099" in line


def test_programs_of_the_host_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("prometheus", "promtool"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find(tmp_path / "cache") == tmp_path


def test_a_host_that_has_none_and_no_apt_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["prometheus", "get", "--cache", str(tmp_path / "cache")])
    assert command.main() == 1
    assert "can be fetched on Debian or Ubuntu only" in capsys.readouterr().err
