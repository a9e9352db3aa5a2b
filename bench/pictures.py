"""Pictures from the whole stack: chats through the gateway to the finished picture."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from bench.chats import Gateway
from bench.wishes import wish
from services.protos.wegen.v1.chat_pb2 import REWRITE_OFF, TASK_GENERATE, ChatSettings


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures a second over all chats, and each chat's seconds from its call to its end."""

    per_second: float
    latencies: tuple[float, ...]


async def concurrently(gateway: Gateway, *, concurrent: int, rounds: int, seed: int) -> Pictures:
    """`concurrent` callers ask for `rounds` pictures each, one after the other."""

    async def caller(number: int) -> list[float]:
        return [await latency(gateway, number, seed + number * rounds + turn) for turn in range(rounds)]

    begin = time.perf_counter()
    latencies = await asyncio.gather(*(caller(number) for number in range(concurrent)))
    seconds = time.perf_counter() - begin
    flat = tuple(one for caller_latencies in latencies for one in caller_latencies)
    return Pictures(len(flat) / seconds, flat)


async def latency(gateway: Gateway, number: int, seed: int) -> float:
    """Seconds of one chat that ends in a picture. Raises RuntimeError when it ends without one."""
    settings = ChatSettings(task=TASK_GENERATE, rewrite=REWRITE_OFF, seed=seed)
    begin = time.perf_counter()
    answer = await gateway.chat(wish(number), settings=settings, timeout=300)
    seconds = time.perf_counter() - begin
    if not answer.finished or len(answer.images) != 1:
        raise RuntimeError(f"the stack made no picture of {wish(number)!r}")
    return seconds
