from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import cast

import pytest
import structlog

from services.storage import open_store
from tests.contract.gateway.conftest import Door, redis_port, workers
from tests.contract.servers.workers import Workers
from tests.fakes.store import MemoryStore

__all__ = ["redis_port", "workers"]


@pytest.fixture
async def door(tmp_path: Path, workers: Workers) -> AsyncIterator[Door]:
    """A gateway that shows the store the workers write into."""
    door = await Door.open(tmp_path, workers, store=cast("MemoryStore", open_store(workers.settings)))
    yield door
    await door.close()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The gateway's lines do not stand between what the client prints: it is in the same process."""
    with structlog.testing.capture_logs():
        yield
