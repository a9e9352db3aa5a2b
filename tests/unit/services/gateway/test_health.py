"""What the gateway says of itself by grpc.health.v1."""

from __future__ import annotations

from grpc_health.v1 import health_pb2

from services.errors import UnavailableError
from services.gateway.health import LIVE, OVERALL, Dependencies, HealthMonitor

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Board:
    """Keeps what was published."""

    def __init__(self) -> None:
        self.states: dict[str, int] = {}

    async def set(self, service: str, status: health_pb2.HealthCheckResponse.ServingStatus.ValueType) -> None:
        self.states[service] = status

    async def enter_graceful_shutdown(self) -> None:
        self.states = dict.fromkeys(self.states, NOT_SERVING)


async def up() -> None:
    pass


async def away() -> None:
    raise UnavailableError("triton", "models not ready")


async def test_a_gateway_whose_triton_loads_is_alive_and_not_ready() -> None:
    board = Board()
    dependencies = Dependencies({"triton": away, "redis": up}, timeout=1)
    await HealthMonitor(dependencies, board, ("wegen.v1.ChatService",)).publish()
    assert board.states == {
        LIVE: SERVING,
        OVERALL: NOT_SERVING,
        "wegen.v1.ChatService": NOT_SERVING,
        "triton": NOT_SERVING,
        "redis": SERVING,
    }
