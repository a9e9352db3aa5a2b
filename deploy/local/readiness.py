"""Whether a service is ready to work: None, or a few words on what is missing."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import cast

import grpc
import redis
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.local.settings import StackSettings

Check = Callable[[], str | None]
_SECONDS = 2.0


def checks(settings: StackSettings) -> dict[str, Check]:
    """A check for each program of the stack, by its name. None of them raises for a service that is away."""
    return {
        "redis": lambda: redis_ready(settings.redis_url),
        "triton": lambda: triton_ready(settings.triton_http_port),
        # It listens nowhere: as soon as it runs it does its work.
        "triton-watch": lambda: None,
        "worker": lambda: worker_ready(settings.redis_url, settings.worker_metrics_port),
        "gateway": lambda: gateway_ready(settings.gateway_address),
    }


def redis_ready(url: str) -> str | None:
    """Redis answers PING and has loaded its file."""
    try:
        with redis.Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS) as client:
            client.ping()
    except redis.RedisError as error:
        return str(error)
    return None


def triton_ready(http_port: int) -> str | None:
    """Every model of the repository is loaded."""
    request = urllib.request.Request(f"http://127.0.0.1:{http_port}/v2/repository/index", data=b"{}", method="POST")
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - our own loopback address
            models = json.load(answer)
    except (OSError, ValueError) as error:
        return f"no answer ({error})"
    missing = [f"{model['name']} {model.get('reason', '')}".strip() for model in models if not _loaded(model)]
    return f"models not ready: {', '.join(missing)}" if missing else None if models else "no models"


def worker_ready(redis_url: str, metrics_port: int) -> str | None:
    """The worker serves its metrics, and a consumer blocks on the broker's queue, as Celery's does (BRPOP)."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics_port}/metrics", timeout=_SECONDS):
            pass
        with redis.Redis.from_url(redis_url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS) as client:
            commands = {one["cmd"] for one in client.client_list()}
    except (OSError, redis.RedisError) as error:
        return f"no answer ({error})"
    return None if "brpop" in commands else "no worker waits for jobs"


def gateway_ready(address: str) -> str | None:
    """The gateway says SERVING for itself, which it does only while its dependencies answer."""
    try:
        with grpc.insecure_channel(address) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            answer = stub.Check(health_pb2.HealthCheckRequest(service=""), timeout=_SECONDS)
    except grpc.RpcError as error:
        return cast("grpc.Call", error).code().name.lower()
    return None if answer.status == health_pb2.HealthCheckResponse.SERVING else "not serving yet"


def _loaded(model: dict[str, str]) -> bool:
    return model.get("state") == "READY"
