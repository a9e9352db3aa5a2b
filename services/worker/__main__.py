"""`python -m services.worker [--threads 8]`: work until SIGTERM."""

from __future__ import annotations

import argparse
import sys

from services.errors import WegenError
from services.inference.decoder import DecoderClient
from services.inference.denoiser import DenoiserClient
from services.settings import SettingsError
from services.storage import open_store
from services.telemetry.exporter import ExporterError
from services.telemetry.logs import configure
from services.telemetry.tracing import open_tracer
from services.worker.process import WorkerProcess
from services.worker.settings import WorkerSettings


def main() -> int:
    """Read the settings, make the clients, work."""
    parser = argparse.ArgumentParser(prog="python -m services.worker", description=__doc__)
    parser.add_argument("--threads", type=int, help="jobs at the same time (default: WEGEN_WORKER_THREADS or 8)")
    threads = parser.parse_args().threads
    try:
        settings = WorkerSettings.load()
        if threads is not None:
            settings = WorkerSettings.model_validate(settings.model_dump() | {"worker_threads": threads})
        configure("worker", settings.log_level)
        return _run(settings)
    except (SettingsError, ExporterError, WegenError) as error:
        print(f"worker: {error}", file=sys.stderr)
        return 1


def _run(settings: WorkerSettings) -> int:
    tracer = open_tracer(settings, "wegen-worker")
    denoiser, decoder = DenoiserClient(settings.triton_url), DecoderClient(settings.triton_url)
    try:
        store = open_store(settings)
        return WorkerProcess(settings, denoiser=denoiser, decoder=decoder, store=store, tracer=tracer).run()
    finally:
        denoiser.close()
        decoder.close()
        tracer.close()


if __name__ == "__main__":
    sys.exit(main())
