"""The gateway's health: what its dependencies say, asked every few seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import structlog
from grpc_health.v1 import health_pb2
from prometheus_client import Gauge

from services.errors import UnavailableError

Check = Callable[[], Awaitable[object]]
"""Returns if the dependency can be used, raises UnavailableError if not."""

OVERALL = ""
LIVE = "live"
"""SERVING while the event loop turns, whatever the dependencies say."""
_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Dependencies:
    """The last known state of each dependency, and a fresh look at one that was down."""

    def __init__(self, checks: Mapping[str, Check], *, timeout: float, ready: Gauge | None = None) -> None:
        self._checks, self._timeout, self._ready = checks, timeout, ready
        self.down: dict[str, UnavailableError] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Every dependency."""
        return tuple(self._checks)

    async def require(self, *names: str) -> None:
        """Return if `names` are up. One that was down is asked again, so recovery is seen at once.

        Raises:
            UnavailableError: the first of `names` that is down.
        """
        for name in names:
            if name in self.down:
                await self.look(name)
            if name in self.down:
                raise self.down[name].with_traceback(None)

    async def look_at_all(self) -> None:
        """Ask every dependency."""
        await asyncio.gather(*(self.look(name) for name in self._checks))

    async def look(self, name: str) -> None:
        """Ask one dependency and remember the answer."""
        was_down = name in self.down
        try:
            async with asyncio.timeout(self._timeout):
                await self._checks[name]()
        except UnavailableError as error:
            self.down[name] = error
        except TimeoutError:
            self.down[name] = UnavailableError(name, f"no answer within {self._timeout:g} s")
        else:
            self.down.pop(name, None)
        if self._ready:
            self._ready.labels(dependency=name).set(name not in self.down)
        if was_down != (name in self.down):
            problem = self.down[name].message if name in self.down else ""
            structlog.get_logger(__name__).warning(
                "dependency changed", dependency=name, down=not was_down, why=problem
            )


class Publisher(Protocol):
    """grpc_health's asyncio servicer."""

    async def set(self, service: str, status: health_pb2.HealthCheckResponse.ServingStatus.ValueType) -> None:
        """Publish a service's state."""

    async def enter_graceful_shutdown(self) -> None:
        """NOT_SERVING for all, for good."""


class HealthMonitor:
    """Publishes `dependencies` through grpc.health.v1: one service each, and the overall state.

    The overall state, under "" and `services`, is SERVING when every dependency is. `LIVE` always is, until the end.
    """

    def __init__(self, dependencies: Dependencies, servicer: Publisher, services: tuple[str, ...]) -> None:
        self._dependencies, self._servicer, self._services = dependencies, servicer, services

    async def run(self, interval: float) -> None:
        """Look and publish every `interval` seconds until cancelled."""
        while True:
            await self.publish()
            await asyncio.sleep(interval)

    async def publish(self) -> None:
        """Look once and publish."""
        await self._set(LIVE, up=True)
        dependencies = self._dependencies
        await dependencies.look_at_all()
        for name in dependencies.names:
            await self._set(name, up=name not in dependencies.down)
        for name in (OVERALL, *self._services):
            await self._set(name, up=not dependencies.down)

    async def leave(self) -> None:
        """NOT_SERVING for good: the server is about to stop."""
        await self._servicer.enter_graceful_shutdown()

    async def _set(self, name: str, *, up: bool) -> None:
        await self._servicer.set(name, _SERVING if up else _NOT_SERVING)
