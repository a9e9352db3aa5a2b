"""The programs of the stack, in the order they start; they stop in the reverse order."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from deploy.local.settings import StackSettings


@dataclass(frozen=True, slots=True)
class Program:
    """One supervised process. `stop_seconds` is how long it may finish its work after SIGTERM."""

    name: str
    command: tuple[str, ...]
    stop_seconds: int


def local_programs(settings: StackSettings) -> tuple[Program, ...]:
    """Redis, Triton, its watch, worker, gateway: each needs those before it, and lives on while they are away."""
    return (
        Program("redis", _redis(settings), stop_seconds=5),
        Program("triton", _triton(settings), stop_seconds=20),
        Program("triton-watch", _triton_watch(settings), stop_seconds=5),
        Program("worker", _module("services.worker"), stop_seconds=15),
        Program("gateway", _module("services.gateway"), stop_seconds=10),
    )


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, *arguments)


def _redis(settings: StackSettings) -> tuple[str, ...]:
    data = settings.state / "redis"
    return _module("deploy.redis", "up", "--port", str(settings.redis_port), "--data", str(data))


def _triton(settings: StackSettings) -> tuple[str, ...]:
    return _module(
        "deploy.triton",
        *("--grpc-port", str(settings.triton_grpc_port)),
        *("--http-port", str(settings.triton_http_port)),
        *("--metrics-port", str(settings.triton_metrics_port)),
    )


def _triton_watch(settings: StackSettings) -> tuple[str, ...]:
    # Patient: on a starved machine a reload would throw away the work of a model that is only slow.
    return _module("deploy.triton.watch", "--url", settings.triton_url, "--interval", "5", "--timeout", "30")
