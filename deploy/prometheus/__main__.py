"""`python -m deploy.prometheus get|up|write`: fetch Prometheus; run it beside the local stack; write rules and page."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

from deploy.debian import PackageError
from deploy.local.settings import StackSettings
from deploy.prometheus.server import CACHE, Server, find
from services.settings import SettingsError

RULES = Path("deploy/prometheus/rules")
CHART_RULES = Path("helm/wegen/files/rules")
PAGE = Path("docs/metrics.md")


def main() -> int:
    """Parse the command line and do it; `up` becomes the server, so a supervisor's signals reach it."""
    parser = argparse.ArgumentParser(prog="python -m deploy.prometheus", description=__doc__)
    parser.add_argument("action", choices=("get", "up", "write"))
    parser.add_argument("--port", type=int, default=9090)
    parser.add_argument("--data", type=Path, default=Path(".local/prometheus"), help="folder of the measured values")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where fetched packages are unpacked")
    arguments = parser.parse_args()
    if arguments.action == "write":
        return _write()
    try:
        programs = find(arguments.cache)
        if arguments.action == "up":
            _become(programs, arguments)
    except (PackageError, SettingsError) as error:
        print(f"prometheus: {error}", file=sys.stderr)
        return 1
    print(programs)
    return 0


def texts() -> dict[Path, str]:
    """Every file that `write` writes. It needs the development tools, `up` does not."""
    from deploy.prometheus import catalogue, rules  # noqa: PLC0415 - yaml is a development tool

    files = rules.files()
    copies = {folder / name: text for folder in (RULES, CHART_RULES) for name, text in files.items()}
    return {**copies, PAGE: catalogue.page()}


def stack_targets(settings: StackSettings) -> dict[str, list[str]]:
    """What of the local stack there is to scrape."""
    ports = {
        "gateway": settings.gateway_metrics_port,
        "worker": settings.worker_metrics_port,
        "triton": settings.triton_metrics_port,
    }
    return {job: [f"127.0.0.1:{port}"] for job, port in ports.items()}


def _write() -> int:
    from deploy import outputs  # noqa: PLC0415

    outputs.write(texts())
    return 0


def _become(programs: Path, arguments: argparse.Namespace) -> NoReturn:
    targets = stack_targets(StackSettings.load())
    rules = sorted(RULES.glob("*.yaml"))
    server = Server(programs, arguments.data.resolve(), arguments.port, targets, rules, interval_s=5)
    line = server.make()
    print(f"Prometheus on {server.url}", flush=True)
    os.execv(line[0], line)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    sys.exit(main())
