"""The gRPC server around the services, from start to graceful stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
import structlog
from google.longrunning import operations_pb2, operations_pb2_grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from services.gateway.health import Dependencies, HealthMonitor
from services.gateway.settings import GatewaySettings
from services.protos.wegen.v1 import chat_pb2, chat_pb2_grpc, image_pb2, image_pb2_grpc

_CHAT = chat_pb2.DESCRIPTOR.services_by_name["ChatService"].full_name
_IMAGE = image_pb2.DESCRIPTOR.services_by_name["ImageService"].full_name
_OPERATIONS = operations_pb2.DESCRIPTOR.services_by_name["Operations"].full_name
_HEALTH = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name

# A picture above the upload limit gets our sentence, with its field and the limit. gRPC's own refusal, which names
# neither, is left for what is so large that it should not be read at all. The least is a batch of the longest orders.
_READ_TIMES = 4
_READ_LEAST = 8 * 1024 * 1024


class PortError(RuntimeError):
    """The gateway's address cannot be bound; the message is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Services:
    """What the server serves."""

    chat: chat_pb2_grpc.ChatServiceServicer
    image: image_pb2_grpc.ImageServiceServicer
    operations: operations_pb2_grpc.OperationsServicer
    dependencies: Dependencies


class GatewayServer:
    """A server on `settings.gateway_address`; `port` is the one really bound."""

    def __init__(
        self,
        settings: GatewaySettings,
        services: Services,
        interceptors: Sequence[grpc.aio.ServerInterceptor[Any, Any]] = (),
    ) -> None:
        self._settings = settings
        self._server = grpc.aio.server(options=_options(settings), interceptors=interceptors)
        chat_pb2_grpc.add_ChatServiceServicer_to_server(services.chat, self._server)
        image_pb2_grpc.add_ImageServiceServicer_to_server(services.image, self._server)
        operations_pb2_grpc.add_OperationsServicer_to_server(services.operations, self._server)
        servicer = health.aio.HealthServicer()  # type: ignore[attr-defined]  # the stubs know only threads
        health_pb2_grpc.add_HealthServicer_to_server(servicer, self._server)
        reflection.enable_server_reflection(
            (_CHAT, _IMAGE, _OPERATIONS, _HEALTH, reflection.SERVICE_NAME), self._server
        )
        self._monitor = HealthMonitor(services.dependencies, servicer, (_CHAT, _IMAGE))
        self.port = self._bound()

    async def start(self) -> None:
        """Look at the dependencies once, then serve."""
        await self._monitor.publish()
        await self._server.start()
        structlog.get_logger(__name__).info("gateway serves", address=self._settings.gateway_address, port=self.port)
        self._watching = asyncio.create_task(self._monitor.run(self._settings.gateway_health_interval))

    async def stop(self) -> None:
        """Health says NOT_SERVING, new calls are refused, running ones get `gateway_grace` seconds."""
        self._watching.cancel()
        await self._monitor.leave()
        await self._server.stop(self._settings.gateway_grace)

    def _bound(self) -> int:
        address = self._settings.gateway_address
        try:
            return self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise PortError(f"WEGEN_GATEWAY_ADDRESS: {address} cannot be bound: is something else there?") from error


async def serve(server: GatewayServer, stopped: asyncio.Event, close: Callable[[], Awaitable[None]]) -> None:
    """Run `server` until `stopped` is set, then stop it and `close` what it used."""
    await server.start()
    await stopped.wait()
    structlog.get_logger(__name__).info("gateway stops")
    await server.stop()
    await close()


def _options(settings: GatewaySettings) -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", _READ_LEAST + _READ_TIMES * settings.gateway_max_upload_bytes),
        ("grpc.max_send_message_length", -1),
        # Two gateways on one port would share calls at random; a second start must fail instead.
        ("grpc.so_reuseport", 0),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ]
