"""What workers and the gateway tell each other through Redis: a stream of events per job, and cancels.

None of it is the truth: whoever misses a message finds the same in the job's row.
"""

from __future__ import annotations

from collections.abc import Iterator

import redis

from services.errors import UnavailableError
from services.jobs.events import JobEvent

CANCELS = "wegen.cancels"
FIELD = b"event"
_CONNECT_S = 1.0
_ANSWER_S = 2.0


def stream_name(job_id: str) -> str:
    """The Redis key of the events of a job, or of an operation's jobs."""
    return f"wegen.job.{job_id}"


class Channel:
    """The sending side; blocking, thread-safe. UnavailableError("redis") while Redis does not answer."""

    def __init__(self, redis_url: str, *, ttl_s: int, limit: int) -> None:
        self._redis = redis.Redis.from_url(redis_url, socket_connect_timeout=_CONNECT_S, socket_timeout=_ANSWER_S)
        self._ttl_s = ttl_s
        self._limit = limit

    def publish(self, event: JobEvent) -> None:
        """Append to the job's stream, which keeps the newest events for some time."""
        name = stream_name(event.stream)
        try:
            with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.xadd(name, {FIELD: event.encode()}, maxlen=self._limit, approximate=True)
                pipeline.expire(name, self._ttl_s)
                pipeline.execute()
        except redis.RedisError as error:
            raise UnavailableError("redis", f"events cannot be sent ({type(error).__name__})") from error

    def cancel(self, job_id: str) -> None:
        """Tell the worker that has the job, whichever it is."""
        try:
            self._redis.publish(CANCELS, job_id)
        except redis.RedisError as error:
            raise UnavailableError("redis", f"the cancel cannot be sent ({type(error).__name__})") from error

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()


class CancelInbox:
    """The receiving side of `Channel.cancel`, for one thread."""

    def __init__(self, redis_url: str) -> None:
        self._redis = redis.Redis.from_url(redis_url, socket_connect_timeout=_CONNECT_S)

    def job_ids(self, wait_s: float) -> Iterator[str | None]:
        """Ids as they come, and None each `wait_s` without one. UnavailableError("redis"): call again later."""
        try:
            with self._redis.pubsub(ignore_subscribe_messages=True) as subscription:
                subscription.subscribe(CANCELS)
                while True:
                    message = subscription.get_message(timeout=wait_s)
                    yield message["data"].decode() if message else None
        except redis.RedisError as error:
            raise UnavailableError("redis", f"cancels cannot be heard ({type(error).__name__})") from error

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()
