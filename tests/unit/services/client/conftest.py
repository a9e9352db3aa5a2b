from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.fakes.gateway import FakeGateway


class Background:
    """A fake gateway on an event loop of its own, so that blocking clients can call it."""

    def __init__(self, folder: Path) -> None:
        self.fake = FakeGateway(folder)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.address = asyncio.run_coroutine_threadsafe(self.fake.start(), self._loop).result(10)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self.fake.stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture
def background(tmp_path: Path) -> Iterator[Background]:
    background = Background(tmp_path)
    yield background
    background.close()


@pytest.fixture(autouse=True)
def log() -> Iterator[list[Any]]:
    """The lines logged, instead of on the terminal."""
    with structlog.testing.capture_logs() as lines:
        yield lines
