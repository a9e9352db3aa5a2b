"""A real Prometheus beside the stack, its rules' durations a sixtieth of the real ones."""

from __future__ import annotations

import json
import math
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.settings import ROOT, StackSettings
from deploy.prometheus import rules
from deploy.prometheus.__main__ import stack_targets
from deploy.prometheus.server import Server, find
from deploy.prometheus.windows import Pace
from tests.contract.servers.ports import free_port

PACE = Pace(60)
_START_SECONDS = 30


@dataclass(frozen=True)
class Prometheus:
    """Asks the server at `url`."""

    url: str

    def firing(self) -> set[str]:
        """Names of alerts that fire now."""
        alerts = self._get("alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    def rules(self) -> list[dict[str, Any]]:
        """Every rule, with its health."""
        return [rule for group in self._get("rules")["groups"] for rule in group["rules"]]

    def has_data(self, expr: str, seconds: float) -> bool:
        """Whether a finite number came of `expr` within the last `seconds`."""
        now = time.time()
        asked = {"query": expr, "start": str(now - seconds), "end": str(now), "step": "1"}
        found = self._get("query_range", **asked)["result"]
        return any(math.isfinite(float(value)) for series in found for _, value in series["values"])

    def _get(self, what: str, **query: str) -> Any:
        address = f"{self.url}/api/v1/{what}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            return json.load(answer)["data"]


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=5):
            return True
    except OSError:
        return False


@contextmanager
def prometheus(settings: StackSettings, folder: Path) -> Iterator[Prometheus]:
    """The server while it is needed."""
    files = {folder / "rules" / name: text for name, text in rules.files(PACE).items()}
    (folder / "rules").mkdir(parents=True)
    for path, text in files.items():
        path.write_text(text)
    server = Server(
        find(ROOT / ".cache/prometheus"), folder, free_port(), stack_targets(settings), tuple(files), interval_s=1
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(server.make(), stdout=log, stderr=log)
    try:
        end = time.monotonic() + _START_SECONDS
        while not _ready(server.url):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < end, "prometheus does not answer"
            time.sleep(0.05)
        yield Prometheus(server.url)
    finally:
        process.terminate()
        process.wait(20)
