"""`python -m services.gateway`: serve until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import signal
import sys

from prometheus_client import CollectorRegistry

from services.errors import WegenError
from services.gateway.assembly import Gateway
from services.gateway.interceptor import TracedCalls
from services.gateway.server import GatewayServer, PortError, serve
from services.gateway.settings import GatewaySettings
from services.manifest import ManifestError
from services.settings import SettingsError
from services.telemetry import exporter, logs
from services.telemetry.spans import NO_TRACES
from services.telemetry.tracing import open_tracer


async def run(settings: GatewaySettings) -> None:
    """Serve until told to stop."""
    registry = CollectorRegistry()
    metrics = exporter.serve(settings.gateway_metrics_port, registry, address=settings.gateway_metrics_address)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    tracer = open_tracer(settings, "wegen-gateway")
    interceptors = [] if tracer is NO_TRACES else [TracedCalls(tracer)]
    gateway = Gateway(settings, registry, tracer)
    try:
        await serve(GatewayServer(settings, await gateway.open(), interceptors), stopped, gateway.close)
    finally:
        metrics.close()
        tracer.close()


def main() -> int:
    """0 after a stop; 1 with one sentence on stderr when the gateway cannot start."""
    try:
        settings = GatewaySettings.load()
        logs.configure("gateway", settings.log_level)
        asyncio.run(run(settings))
    except (SettingsError, ManifestError, PortError, exporter.ExporterError, WegenError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
