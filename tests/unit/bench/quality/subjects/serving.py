"""The gateway's own code over fakes, served from a thread with a loop of its own: a subject blocks its caller's."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.fakes.gateway import FakeGateway


@contextmanager
def serving(fake: FakeGateway) -> Iterator[str]:
    """The address of `fake` as long as it serves."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(fake.start(), loop).result(20)
        asyncio.run_coroutine_threadsafe(fake.stop(), loop).result(20)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
