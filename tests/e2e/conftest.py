"""The real stack, once for all end-to-end tests: own ports, own state folder, the repository's models."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from bench.chats import Gateway
from bench.scrape import Reading, read
from bench.trace.collector import Collector
from deploy.local import processes
from deploy.local.settings import StackSettings
from deploy.local.stack import Stack
from tests.contract.servers.models import manifest, model_repository
from tests.contract.servers.stack_settings import own_stack

__all__ = ["manifest", "model_repository"]

# Ample for a starved machine; where all is well, nothing waits a tenth of it.
_PATIENCE_SECONDS = 240


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs the whole stack; outages go last, so that a service that stays away hurts no other test."""
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in here:
        item.add_marker(pytest.mark.e2e)
        item.add_marker(pytest.mark.timeout(900))
    rest = [item for item in items if item not in here]
    items[:] = rest + sorted(here, key=lambda item: "outages" in item.path.name)


@pytest.fixture(scope="session")
def settings(model_repository: Path, tmp_path_factory: pytest.TempPathFactory) -> StackSettings:
    return own_stack(tmp_path_factory.mktemp("stack"), model_repository=model_repository)


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """What gets the whole stack's traces."""
    with Collector() as collector:
        yield collector


@pytest.fixture(scope="session")
def stack(settings: StackSettings, collector: Collector) -> Iterator[Stack]:
    stack = Stack.of(settings)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("WEGEN_TRACES_ENDPOINT", collector.endpoint)
        stack.up(lambda _name, _lacks: None)
    yield stack
    stack.down()
    assert processes.of_stack(settings.state) == []
    for listener in settings.listeners():
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", listener.port)) != 0, f"{listener.what} still listens"


@pytest_asyncio.fixture
async def gateway(stack: Stack) -> AsyncIterator[Gateway]:
    async with Gateway(stack.settings.gateway_address) as gateway:
        yield gateway


class Meters:
    """What the stack's three metrics pages say."""

    def __init__(self, settings: StackSettings) -> None:
        self._settings = settings

    def triton(self) -> Reading:
        return read(self._settings.triton_metrics_port)

    async def triton_settled(self) -> Reading:
        """Once the loop models, which publish every second, have published what is over."""
        await asyncio.sleep(2.5)
        return self.triton()

    def gateway(self) -> Reading:
        return read(self._settings.gateway_metrics_port)

    def worker(self) -> Reading:
        return read(self._settings.worker_metrics_port)


@pytest.fixture
def meters(stack: Stack) -> Meters:
    return Meters(stack.settings)


Eventually = Callable[[Callable[[], Awaitable[bool] | bool], str], Awaitable[None]]


@pytest.fixture
def eventually() -> Eventually:
    """Wait until something is true; fail with what was expected when it is not after some minutes."""

    async def wait(condition: Callable[[], Awaitable[bool] | bool], expected: str) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            found = condition()
            if found if isinstance(found, bool) else await found:
                return
            assert time.monotonic() < deadline, f"still not so: {expected}"
            await asyncio.sleep(0.1)

    return wait


@pytest.fixture
def wegen(stack: Stack) -> Callable[..., subprocess.Popen[str]]:
    """The command line client as a process of its own."""
    environment = {**os.environ, **stack.settings.client_environment(), "TERM": "dumb", "NO_COLOR": "1"}
    program = Path(sys.executable).parent / "wegen"

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(program), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start
