"""Worker processes whose networks are fakes, on one database, one Redis and one store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from services.worker.settings import WorkerSettings

ROOT = Path(__file__).parents[3]
_SHARED = {
    "database_url", "redis_url", "store", "store_directory", "log_level", "job_lease_s", "job_sweep_s", "job_resend_s",
    "job_watch_s", "job_visibility_s", "worker_tell_s", "worker_note_s", "worker_retry_s", "worker_metrics_port",
    "worker_checkpoint_s",
}  # fmt: skip


def hasty_settings(folder: Path, *, database_url: str, redis_url: str, **changes: object) -> WorkerSettings:
    """A worker that waits for nothing long: what takes minutes in production takes seconds here."""
    values: dict[str, object] = {
        "database_url": database_url,
        "redis_url": redis_url,
        "store_directory": folder / "objects",
        "log_level": "ERROR",
        "job_lease_s": 3,
        "job_sweep_s": 0.3,
        "job_resend_s": 0.5,
        "job_watch_s": 0.2,
        "worker_tell_s": 0,
        "worker_note_s": 0.1,
        "worker_metrics_port": 0,
    }
    return WorkerSettings.model_validate(values | changes)


@dataclass
class Workers:
    """What was started, and `journal`, where the fakes note each step that they begin (see `FakeDenoiser`)."""

    settings: WorkerSettings
    journal: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, **changes: object) -> subprocess.Popen[bytes]:
        values = self.settings.model_dump(include=_SHARED) | changes
        names = {f"WEGEN_{name.upper()}": str(value) for name, value in values.items()}
        line = [sys.executable, "-m", "tests.contract.servers.fake_worker", str(self.journal)]
        process = subprocess.Popen(line, env={**os.environ, **names}, cwd=ROOT)
        self.processes.append(process)
        return process

    def stop(self) -> None:
        """As an operator does."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(60)

    def kill(self) -> None:
        """At once."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()

    def steps(self) -> list[tuple[int, int, int]]:
        """Every step that was begun, in order: process, seed of the job, step."""
        if not self.journal.is_file():
            return []
        lines = (line.split() for line in self.journal.read_text().splitlines())
        return [(int(process), int(seed), int(step)) for process, seed, step in lines]
