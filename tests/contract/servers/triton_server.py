"""A real Triton on free ports, in a process group of its own so that nothing of it survives a test."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.errors import UnavailableError
from services.inference.health import check_triton
from tests.contract.servers.ports import free_ports

START_SECONDS = 240


@dataclass
class TritonServer:
    """`models` () loads all. Its log is in `state`/log."""

    repository: Path
    state: Path
    models: tuple[str, ...] = ()
    ports: Sequence[int] = field(default_factory=lambda: free_ports(3))
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self.ports[0]}"

    @property
    def command(self) -> list[str]:
        grpc, http, metrics = map(str, self.ports)
        return [
            *(sys.executable, "-m", "deploy.triton", "--repository", str(self.repository), "--state", str(self.state)),
            *("--grpc-port", grpc, "--http-port", http, "--metrics-port", metrics, "--exit-seconds", "10"),
            *(["--models", *self.models] if self.models else []),
        ]

    @property
    def log(self) -> str:
        return (self.state / "log").read_text()

    def start(self) -> None:
        """Returns when all models are ready."""
        self.state.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
        with (self.state / "log").open("wb") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, env=environment, start_new_session=True
            )
        end = time.monotonic() + START_SECONDS
        while not self.ready():
            assert self.process.poll() is None, f"Triton has ended:\n{self.log[-4000:]}"
            assert time.monotonic() < end, f"Triton is not ready:\n{self.log[-4000:]}"
            time.sleep(0.1)

    def ready(self) -> bool:
        names = self.models or [path.parent.name for path in self.repository.glob("*/config.pbtxt")]
        try:
            check_triton(self.url, names)
        except UnavailableError:
            return False
        return True

    def kill(self) -> None:
        """As a crash would: the server and all its Python processes."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        """As a supervisor does: SIGTERM, and SIGKILL for the group when that does not help."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
        self.kill()

    def metric(self, name: str, model: str) -> float:
        """The sum of a metric's values for `model`."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[2]}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        found = [line for line in lines if line.startswith(f"{name}{{") and f'model="{model}"' in line]
        return sum(float(line.rsplit(" ", 1)[1]) for line in found)

    def stubs(self, model: str) -> list[int]:
        """Process ids of this server's Python processes for `model`."""
        assert self.process
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        pids = [int(pid) for path in children for pid in path.read_text().split()]
        return [pid for pid in pids if f"/{model}/" in Path(f"/proc/{pid}/cmdline").read_text()]
