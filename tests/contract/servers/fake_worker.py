"""`python -m tests.contract.servers.fake_worker JOURNAL`: a real worker with fake networks. Settings by environment."""

from __future__ import annotations

import sys
from pathlib import Path

from services.storage import open_store
from services.telemetry.logs import configure
from services.worker.process import WorkerProcess
from services.worker.settings import WorkerSettings
from tests.fakes.denoising import FakeDecoder, FakeDenoiser


def main() -> int:
    settings = WorkerSettings.load()
    configure("worker", settings.log_level)
    denoiser = FakeDenoiser(Path(sys.argv[1]))
    return WorkerProcess(settings, denoiser=denoiser, decoder=FakeDecoder(), store=open_store(settings)).run()


if __name__ == "__main__":
    sys.exit(main())
