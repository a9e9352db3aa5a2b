"""Cleaning up that a cancellation must not interrupt, in bounded time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

_Result = TypeVar("_Result")


async def finish(work: Callable[[], Awaitable[object]], seconds: float, what: str) -> None:
    """Run `work` to its end for at most `seconds`, whatever cancels the caller meanwhile; failures are logged."""
    task = asyncio.ensure_future(_timed(work, seconds, what))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        # Cancelled again while cleaning up: the clean-up is bounded, so see it through.
        await asyncio.wait({task})
        raise


async def _timed(work: Callable[[], Awaitable[object]], seconds: float, what: str) -> None:
    try:
        async with asyncio.timeout(seconds):
            await work()
    except Exception:  # noqa: BLE001  logged; see below
        # Nobody is left to tell: the caller has gone, and the original error must not be replaced by this one.
        structlog.get_logger(__name__).warning("clean-up failed", what=what, exc_info=True)


async def whole(work: Awaitable[_Result], undo: Callable[[_Result], Awaitable[object]], seconds: float) -> _Result:
    """Await `work` so that a cancellation cannot lose its result: if it comes, `undo` gets the result first."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:

        async def undone() -> None:
            await undo(await task)

        await finish(undone, seconds, "undoing a submission")
        raise
