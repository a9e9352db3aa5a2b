"""Whether Triton answers and has loaded what a service needs."""

from __future__ import annotations

from collections.abc import Collection

import grpc
import grpc.aio
from tritonclient.grpc import service_pb2, service_pb2_grpc

from services.errors import UnavailableError
from services.inference import decoder, denoiser, encoder, generator
from services.inference.channel import connect, connect_async
from services.inference.faults import DEPENDENCY

GATEWAY_MODELS = (generator.MODEL, encoder.MODEL)
WORKER_MODELS = (denoiser.MODEL, decoder.MODEL)
MODELS = (*GATEWAY_MODELS, *WORKER_MODELS)
DEFAULT_TIMEOUT = 2.0


async def triton_ready(
    url: str,
    models: Collection[str] = MODELS,
    *,
    timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109
) -> None:
    """Return if Triton at `url` (host:port) has `models` ready; UnavailableError names those it has not."""
    async with connect_async(url) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        try:
            index = await stub.RepositoryIndex(service_pb2.RepositoryIndexRequest(), timeout=timeout)
        except grpc.aio.AioRpcError as error:
            raise _away(error) from error
    _require(models, index)


def check_triton(url: str, models: Collection[str] = MODELS, *, timeout: float = DEFAULT_TIMEOUT) -> None:
    """The same, blocking."""
    with connect(url) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        try:
            index = stub.RepositoryIndex(service_pb2.RepositoryIndexRequest(), timeout=timeout)
        except grpc.RpcError as error:
            raise _away(error) from error
    _require(models, index)


def _away(error: grpc.RpcError) -> UnavailableError:
    """Late is as good as away when the question is whether it is ready."""
    return UnavailableError(DEPENDENCY, error.details() or error.code().name)


def _require(models: Collection[str], index: service_pb2.RepositoryIndexResponse) -> None:
    reasons = {model.name: model.reason for model in index.models if model.state != "READY"}
    ready = {model.name for model in index.models if model.state == "READY"}
    missing = [name for name in models if name not in ready]
    if missing:
        named = ", ".join(f"{name} ({reasons[name]})" if reasons.get(name) else name for name in missing)
        raise UnavailableError(DEPENDENCY, f"models not ready: {named}")
