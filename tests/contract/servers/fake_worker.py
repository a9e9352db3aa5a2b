"""`python -m tests.contract.servers.fake_worker JOURNAL`: a real worker with fake networks. Settings by environment."""

from __future__ import annotations

import sys
from pathlib import Path

from services.storage import open_store
from services.telemetry.logs import configure
from services.telemetry.tracing import open_tracer
from services.worker.process import WorkerProcess
from services.worker.settings import WorkerSettings
from tests.fakes.denoising import FakeDecoder, FakeDenoiser


def main() -> int:
    settings = WorkerSettings.load()
    configure("worker", settings.log_level)
    tracer = open_tracer(settings, "wegen-worker")
    denoiser, decoder, store = FakeDenoiser(Path(sys.argv[1])), FakeDecoder(), open_store(settings)
    try:
        return WorkerProcess(settings, denoiser=denoiser, decoder=decoder, store=store, tracer=tracer).run()
    finally:
        tracer.close()


if __name__ == "__main__":
    sys.exit(main())
