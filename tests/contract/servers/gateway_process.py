"""A gateway in a process of its own, whose networks are fakes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from services.worker.settings import WorkerSettings
from tests.contract.servers.ports import answers, free_port
from tests.contract.servers.workers import ROOT

_SHARED = {"database_url", "redis_url", "job_watch_s", "job_lease_s"}
_START_S = 120


@dataclass
class GatewayProcess:
    """Its port stays the same when it is started again; a step of its pictures takes `step_s` seconds."""

    settings: WorkerSettings
    folder: Path
    step_s: float
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Returns when it listens."""
        values = self.settings.model_dump(include=_SHARED)
        names = {f"WEGEN_{name.upper()}": str(value) for name, value in values.items()}
        environment = {**os.environ, **names, "STEP_S": str(self.step_s)}
        line = [sys.executable, "-m", "tests.contract.servers.fake_gateway", str(self.folder), str(self.port)]
        self.process = await asyncio.to_thread(
            subprocess.Popen, line, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL
        )
        async with asyncio.timeout(_START_S):
            while not answers(self.port):
                assert self.process.poll() is None
                await asyncio.sleep(0.05)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
