"""Where the local stack lives and listens; the same `WEGEN_` variables the services read."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field

from services.settings import ServiceSettings, SettingsError

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = frozenset({"127.0.0.1", "localhost"})
# Names the stack's own processes, however they detach themselves: `down` finds them by it.
MARK = "WEGEN_LOCAL_STACK"
# Measured on two cores: glibc's arenas cost more memory than they save in contention, and a numeric library that
# opens a thread per core beside ONNX Runtime's slows both down.
FRUGAL = {
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONUNBUFFERED": "1",
}


@dataclass(frozen=True, slots=True)
class Listener:
    """A port, what listens there, and the variable that moves it."""

    port: int
    what: str
    variable: str


class StackSettings(ServiceSettings):
    """Addresses and folders of one stack. A second one beside it needs other ports and another state folder."""

    state_directory: Path = Path(".local")
    model_repository: Path = Path("model_repository")
    gateway_address: str = "127.0.0.1:50051"
    triton_url: str = "127.0.0.1:8001"
    redis_url: str = "redis://127.0.0.1:6379/0"
    triton_http_port: int = Field(8000, ge=1, le=65535)
    triton_metrics_port: int = Field(8002, ge=1, le=65535)
    gateway_metrics_port: int = Field(9101, ge=1, le=65535)
    worker_metrics_port: int = Field(9102, ge=1, le=65535)
    start_timeout: float = Field(240.0, gt=0, description="seconds until all must be ready")
    stop_timeout: float = Field(90.0, gt=0, description="seconds until what still runs is killed")

    @classmethod
    def load(cls, **values: object) -> Self:
        """As for every service, and no two ports may be the same."""
        settings = super().load(**values)
        settings.listeners()
        return settings

    @property
    def state(self) -> Path:
        """The state folder, absolute."""
        return _absolute(self.state_directory)

    @property
    def redis_port(self) -> int:
        """Redis's port."""
        return _port(self.redis_url, "WEGEN_REDIS_URL")

    @property
    def triton_grpc_port(self) -> int:
        """Triton's gRPC port."""
        return _port(self.triton_url, "WEGEN_TRITON_URL")

    @property
    def gateway_port(self) -> int:
        """The gateway's gRPC port."""
        return _port(self.gateway_address, "WEGEN_GATEWAY_ADDRESS")

    def listeners(self) -> tuple[Listener, ...]:
        """Every port of the stack; `SettingsError` if two share one."""
        found = (
            Listener(self.redis_port, "Redis", "WEGEN_REDIS_URL"),
            Listener(self.triton_grpc_port, "Triton's gRPC", "WEGEN_TRITON_URL"),
            Listener(self.triton_http_port, "Triton's HTTP", "WEGEN_TRITON_HTTP_PORT"),
            Listener(self.triton_metrics_port, "Triton's metrics", "WEGEN_TRITON_METRICS_PORT"),
            Listener(self.gateway_port, "the gateway", "WEGEN_GATEWAY_ADDRESS"),
            Listener(self.gateway_metrics_port, "the gateway's metrics", "WEGEN_GATEWAY_METRICS_PORT"),
            Listener(self.worker_metrics_port, "the worker's metrics", "WEGEN_WORKER_METRICS_PORT"),
        )
        taken: dict[int, str] = {}
        for listener in found:
            if listener.port in taken:
                raise SettingsError(f"{listener.variable}: port {listener.port} is already {taken[listener.port]}")
            taken[listener.port] = f"that of {listener.what}"
        return found

    def client_environment(self) -> dict[str, str]:
        """What a client or a benchmark needs to find this stack."""
        return {
            "WEGEN_STATE_DIRECTORY": str(self.state),
            "WEGEN_MODEL_REPOSITORY": str(_absolute(self.model_repository)),
            "WEGEN_GATEWAY_ADDRESS": self.gateway_address,
            "WEGEN_TRITON_URL": self.triton_url,
            "WEGEN_REDIS_URL": self.redis_url,
            "WEGEN_TRITON_HTTP_PORT": str(self.triton_http_port),
            "WEGEN_TRITON_METRICS_PORT": str(self.triton_metrics_port),
            "WEGEN_GATEWAY_METRICS_PORT": str(self.gateway_metrics_port),
            "WEGEN_WORKER_METRICS_PORT": str(self.worker_metrics_port),
        }

    def service_environment(self) -> dict[str, str]:
        """The whole environment of the services; what the caller has set for store and database stays."""
        own = {
            "WEGEN_STORE_DIRECTORY": str(self.state / "store"),
            "WEGEN_DATABASE_URL": f"sqlite:///{self.state / 'jobs.db'}",
            # One variable turns all traces on.
            "WEGEN_TRITON_TRACES_ENDPOINT": os.environ.get("WEGEN_TRACES_ENDPOINT", ""),
        }
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        return {**FRUGAL, **own, **os.environ, **self.client_environment(), "PATH": path, MARK: str(self.state)}


def _absolute(path: Path) -> Path:
    return path if path.is_absolute() else ROOT / path


def _port(address: str, variable: str) -> int:
    """The port of `host:port` or of a URL; the host must be this machine."""
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"{variable}: {address!r} has no usable port") from error
    if parts.hostname not in LOOPBACK:
        raise SettingsError(f"{variable}: the local stack listens on 127.0.0.1, not on {parts.hostname!r}")
    if not port:
        raise SettingsError(f"{variable}: {address!r} names no port")
    return port
