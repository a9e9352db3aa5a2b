"""tritonserver's command line and environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from deploy.triton.settings import LOOPBACK, Settings
from deploy.triton.wheel import Wheel

ROOT = Path(__file__).resolve().parents[2]


def command(server: Path, settings: Settings, backends: Path, models: Iterable[str]) -> list[str]:
    """Arguments for exec, the program first."""
    return [
        str(server),
        f"--model-repository={settings.repository}",
        f"--backend-directory={backends}",
        *([f"--model-config-name={settings.config_name}"] if settings.config_name else []),
        # Explicit: a model whose process died is brought back by unload and load.
        "--model-control-mode=explicit",
        *(f"--load-model={name}" for name in models),
        # Our configurations are complete; completing them would start every Python model twice.
        "--disable-auto-complete-config",
        f"--exit-timeout-secs={settings.exit_seconds}",
        *_grpc(settings),
        # One request with a huge JSON shape kills the server: HTTP is for health checks on this machine.
        f"--http-address={LOOPBACK}",
        f"--http-port={settings.http_port}",
        f"--metrics-address={settings.address}",
        f"--metrics-port={settings.metrics_port}",
        f"--allow-gpu-metrics={str(not settings.config_name).lower()}",
        *([f"--log-verbose={settings.verbose}"] if settings.verbose else []),
        *_traces(settings),
    ]


def environment(
    wheel: Wheel, settings: Settings, libpython: Path | None, base: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """`base` with what the server and its Python processes need to find this environment."""
    return {
        **base,
        "LD_LIBRARY_PATH": _path(wheel.libraries, libpython, base.get("LD_LIBRARY_PATH")),
        "PATH": _path(Path(sys.executable).parent, base.get("PATH", os.defpath)),
        "PYTHONPATH": _path(wheel.packages, ROOT, base.get("PYTHONPATH")),
        "WEGEN_MODEL_REPOSITORY": str(settings.repository),
    }


def installed_environment(settings: Settings, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`base` for a server that finds its own libraries: its Python processes need our packages only."""
    return {
        **base,
        "PYTHONPATH": _path(ROOT, base.get("PYTHONPATH")),
        "WEGEN_MODEL_REPOSITORY": str(settings.repository),
    }


def _grpc(settings: Settings) -> tuple[str, ...]:
    return (
        f"--grpc-address={settings.address}",
        f"--grpc-port={settings.grpc_port}",
        # Below the number of streams in flight, this build crashes.
        "--grpc-infer-allocation-pool-size=256",
        # services/inference pings every 10 s while a stream waits; the default takes that for an attack.
        "--grpc-http2-min-recv-ping-interval-without-data=5000",
        "--grpc-http2-max-ping-strikes=0",
        *_connection_age(settings.connection_age_seconds),
    )


def _traces(settings: Settings) -> tuple[str, ...]:
    if not settings.traces:
        return ()
    # One request in `rate`, 0 for none; those that come with a trace are in it whatever the rate.
    rate = round(1 / settings.traces_ratio) if settings.traces_ratio else 0
    return (
        "--trace-config=mode=opentelemetry",
        "--trace-config=level=TIMESTAMPS",
        f"--trace-config=rate={rate}",
        f"--trace-config=opentelemetry,url={settings.traces}/v1/traces",
        # What it holds when it stops is lost: seconds of it by default.
        "--trace-config=opentelemetry,bsp_schedule_delay=1000",
        "--trace-config=opentelemetry,resource=service.namespace=wegen",
        "--trace-config=opentelemetry,resource=service.name=wegen-triton",
    )


def _connection_age(seconds: int) -> tuple[str, ...]:
    """Running streams end in their own time; the next call connects anew, and finds servers that have come since."""
    return (f"--grpc-max-connection-age={seconds * 1000}",) if seconds else ()


def _path(*parts: Path | str | None) -> str:
    return os.pathsep.join(str(part) for part in parts if part)
