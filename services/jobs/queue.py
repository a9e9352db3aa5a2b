"""The queue that wakes workers: Celery on Redis. It carries job ids; what it forgets, the sweep sends again."""

from __future__ import annotations

from typing import Protocol

import redis
from celery import Celery
from kombu import Queue
from kombu.exceptions import KombuError, OperationalError

from services.errors import UnavailableError
from services.jobs.job import Priority
from services.jobs.settings import JobSettings
from services.jobs.turns import Turns, queue_name

TASK = "wegen.synthesize"
_CONNECT_S = 1.0
_ANSWER_S = 5.0


class JobQueue(Protocol):
    """Where job ids are put for workers. UnavailableError("redis") from both methods."""

    def send(self, job_id: str, priority: Priority = Priority.INTERACTIVE) -> None:
        """Wake a worker for this job."""

    def waiting(self, priority: Priority = Priority.INTERACTIVE) -> int:
        """How many messages of this priority no worker has taken."""

    def close(self) -> None:
        """Close the connections."""


def celery_app(settings: JobSettings) -> Celery:
    """A Celery application on the jobs' queue, for those who send and those who work."""
    app = Celery("wegen", broker=settings.redis_url, set_as_current=False)
    app.conf.update(
        task_default_queue=queue_name(Priority.INTERACTIVE),
        task_queues=[Queue(queue_name(priority)) for priority in Priority],
        task_ignore_result=True,
        # A task is done when its job's row says so; until then its message must survive us.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        # With it a worker whose tasks ended while Redis was away for 20 s took no message any more.
        worker_enable_prefetch_count_reduction=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": settings.job_visibility_s,
            "queue_order_strategy": f"{Turns.__module__}:{Turns.__qualname__}",
            # kombu looks for lost messages every interval x throttle seconds; 10 x 10 by default.
            "unacked_restore_interval": 2,
            "unacked_restore_throttle": 1,
            "socket_connect_timeout": _CONNECT_S,
            "socket_timeout": _ANSWER_S,
        },
    )
    return app


class CeleryQueue:
    """A `JobQueue` of a Celery application; thread-safe."""

    def __init__(self, app: Celery, redis_url: str) -> None:
        self._app = app
        self._redis = redis.Redis.from_url(redis_url, socket_connect_timeout=_CONNECT_S, socket_timeout=_ANSWER_S)

    def send(self, job_id: str, priority: Priority = Priority.INTERACTIVE) -> None:
        """See `JobQueue.send`. One repetition, for a pooled connection that has died meanwhile."""
        once = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
        try:
            queue = queue_name(priority)
            self._app.send_task(TASK, args=(job_id,), queue=queue, retry=True, retry_policy=once)
        except (OperationalError, KombuError, redis.RedisError, OSError) as error:
            raise UnavailableError("redis", f"the job cannot be queued ({type(error).__name__})") from error

    def waiting(self, priority: Priority = Priority.INTERACTIVE) -> int:
        """See `JobQueue.waiting`."""
        try:
            return int(self._redis.llen(queue_name(priority)))
        except redis.RedisError as error:
            raise UnavailableError("redis", f"the queue cannot be read ({type(error).__name__})") from error

    def close(self) -> None:
        """Close the connections."""
        self._app.close()
        self._redis.close()
