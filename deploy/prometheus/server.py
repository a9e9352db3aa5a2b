"""Find or fetch Prometheus, and the command line and configuration it runs with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.debian import fetch

CACHE = Path(".cache/prometheus")
PACKAGES = ("prometheus",)
Targets = Mapping[str, Sequence[str]]
"""Addresses (host:port) by the job they are scraped as."""


def find(cache: Path = CACHE) -> Path:
    """The folder of prometheus and promtool: the host's, or fetched into `cache`. PackageError where there is none."""
    installed = shutil.which("prometheus"), shutil.which("promtool")
    if all(installed):
        return Path(str(installed[0])).parent
    return fetch(PACKAGES, cache.resolve()) / "usr/bin"


@dataclass(frozen=True, slots=True)
class Server:
    """One Prometheus on the loopback; `rules` are files, `interval_s` paces scrapes and rules."""

    programs: Path
    folder: Path
    port: int
    targets: Targets
    rules: Sequence[Path] = field(default_factory=tuple)
    interval_s: float = 15
    host: str = "127.0.0.1"

    @property
    def url(self) -> str:
        """Where its API answers."""
        return f"http://{self.host}:{self.port}"

    def configuration(self) -> str:
        """The configuration file's text: JSON, which is YAML too."""
        pace = f"{round(self.interval_s * 1000)}ms"
        scrapes = [
            {"job_name": job, "static_configs": [{"targets": list(addresses)}]}
            for job, addresses in self.targets.items()
        ]
        document = {
            "global": {"scrape_interval": pace, "scrape_timeout": pace, "evaluation_interval": pace},
            "rule_files": [str(path.resolve()) for path in self.rules],
            "scrape_configs": scrapes,
        }
        return json.dumps(document, indent=1)

    def make(self) -> list[str]:
        """Write folder and configuration; the command line that runs the server."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "prometheus.json"
        file.write_text(self.configuration())
        return [
            str(self.programs / "prometheus"),
            f"--config.file={file}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address={self.host}:{self.port}",
            "--log.level=warn",
        ]
