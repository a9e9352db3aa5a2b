"""Reading a job's stream of events, for asyncio."""

from __future__ import annotations

from typing import Any

import redis.asyncio
from redis.exceptions import RedisError

from services.errors import UnavailableError
from services.jobs.channel import FIELD, stream_name
from services.jobs.events import JobEvent

START = "0-0"
_CONNECT_S = 3.0
_SLACK_S = 5.0


class Feed:
    """One connection for each reader that waits. UnavailableError("redis") while Redis does not answer."""

    def __init__(self, redis_url: str, *, wait_s: float) -> None:
        self._wait_ms = max(1, int(wait_s * 1000))
        # Answers are lists in protocol 2 and mappings in 3; the type stubs know neither.
        options: dict[str, Any] = {"protocol": 2}
        self._redis = redis.asyncio.Redis.from_url(
            redis_url, socket_connect_timeout=_CONNECT_S, socket_timeout=wait_s + _SLACK_S, **options
        )

    async def newest(self, job_id: str) -> str:
        """The position after all events so far."""
        try:
            entries: Any = await self._redis.xrevrange(stream_name(job_id), count=1)
        except RedisError as error:
            raise _down(error) from error
        return entries[0][0].decode() if entries else START

    async def read(self, job_id: str, after: str) -> tuple[list[JobEvent], str]:
        """The events after a position and the position after them; none if none came within the wait."""
        try:
            answer: Any = await self._redis.xread({stream_name(job_id): after}, block=self._wait_ms)
        except RedisError as error:
            raise _down(error) from error
        if not answer:
            return [], after
        entries = answer[0][1]
        return [JobEvent.decode(fields[FIELD]) for _, fields in entries], entries[-1][0].decode()

    async def ping(self) -> None:
        """Return if Redis answers."""
        try:
            await self._redis.ping()
        except RedisError as error:
            raise _down(error) from error

    async def close(self) -> None:
        """Close the connections; readers that wait get UnavailableError."""
        await self._redis.aclose()


def _down(error: RedisError) -> UnavailableError:
    return UnavailableError("redis", f"events cannot be read ({type(error).__name__})")
