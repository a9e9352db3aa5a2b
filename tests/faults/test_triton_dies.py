"""The real networks in a real Triton that is killed while jobs run."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest

from services.jobs import Job, JobSpec
from services.manifest import Manifest
from tests.contract.servers.bench import Bench
from tests.contract.servers.models import manifest, model_repository
from tests.contract.servers.triton_server import TritonServer
from tests.contract.servers.workers import ROOT, Workers
from tests.faults.conftest import JOBS, Plant

__all__ = ["manifest", "model_repository"]
pytestmark = [pytest.mark.contract, pytest.mark.skipif(JOBS < 50, reason="two minutes: at full size only, make faults")]
MODELS = ("sdxl_denoiser", "image_decoder", "vae_decoder", "image_encode")  # every other one can be asked alone


@pytest.fixture
def server(model_repository: Path, tmp_path: Path) -> Iterator[TritonServer]:
    server = TritonServer(model_repository, tmp_path / "triton", models=MODELS)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
async def real_plant(workers: Workers, server: TritonServer) -> AsyncIterator[Plant]:
    """A worker without fakes, which gives a silent Triton up after a few seconds, and Triton's watch."""
    names = {
        f"WEGEN_{name.upper()}": str(value) for name, value in workers.settings.model_dump(include=_SETTINGS).items()
    }
    names |= {"WEGEN_TRITON_URL": server.url, "WEGEN_WORKER_SILENCE_S": "5", "WEGEN_WORKER_CHECKPOINT_S": "0.2"}
    watch = ("deploy.triton.watch", "--url", server.url, "--interval", "1", "--timeout", "5", "--models", *MODELS[::2])
    for line in (("services.worker", "--threads", "4"), watch):
        workers.processes.append(
            await asyncio.to_thread(
                subprocess.Popen, [sys.executable, "-m", *line], env={**os.environ, **names}, cwd=ROOT
            )
        )
    bench = Bench.open(workers.settings)
    yield Plant(workers, bench)
    await bench.close()


_SETTINGS = {
    "database_url", "redis_url", "store_directory", "log_level", "job_lease_s", "job_sweep_s", "job_resend_s",
    "worker_metrics_port",
}  # fmt: skip


async def _submitted(plant: Plant, manifest: Manifest) -> list[Job]:
    features = np.random.default_rng(3).standard_normal((manifest.features, manifest.feature_width)).astype(np.float32)
    order = {"tenant": "acme", "request_id": "r", "features": features, "steps": 60, "guidance": 2.0}
    return [await plant.bench.service.submit(JobSpec(seed=seed, **order)) for seed in range(JOBS)]  # type: ignore[arg-type]


async def test_jobs_outlive_tritons_python_process(real_plant: Plant, server: TritonServer, manifest: Manifest) -> None:
    jobs = await _submitted(real_plant, manifest)
    await real_plant.begun(jobs)
    for pid in server.stubs("sdxl_denoiser"):
        os.kill(pid, signal.SIGKILL)
    await real_plant.all_succeed_once(jobs)


async def test_jobs_outlive_triton(real_plant: Plant, server: TritonServer, manifest: Manifest) -> None:
    jobs = await _submitted(real_plant, manifest)
    await real_plant.begun(jobs)
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    await real_plant.all_succeed_once(jobs)
