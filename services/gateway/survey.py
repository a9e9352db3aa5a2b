"""Brings the metrics of jobs, operations and cancels up to what the rows say; never while somebody reads metrics."""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from services.errors import UnavailableError
from services.jobs.cancellations import Cancellations
from services.jobs.census import Census
from services.telemetry.gateway_metrics import GatewayMetrics

_log = structlog.get_logger(__name__)


class Surveyor:
    """Looks every `every_s` seconds. While the database is away the last numbers stay."""

    def __init__(
        self, census: Census, cancellations: Cancellations, metrics: GatewayMetrics, *, every_s: float
    ) -> None:
        self._census, self._cancellations, self._metrics = census, cancellations, metrics
        self._every_s = every_s
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End; a look at hand ends by itself."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def look(self) -> None:
        """Look once, blocking. UnavailableError("database")."""
        metrics, survey = self._metrics, self._census.look()
        metrics.jobs.labels(state="queued").set(survey.queued)
        metrics.jobs.labels(state="running").set(survey.running)
        metrics.operations.labels(state="queued").set(survey.waiting)
        metrics.operations.labels(state="running").set(survey.open)
        for priority, age in survey.ages.items():
            metrics.queue_age.labels(priority=priority.value).set(age)
        for ended in survey.ended:
            metrics.operation_duration.labels(outcome=ended.state.value).observe(ended.seconds)
        for seconds in self._cancellations.confirmed():
            metrics.cancel_latency.observe(seconds)

    async def _run(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self.look)
            except UnavailableError as error:
                _log.warning("jobs are not counted", cause=error.message)
            except Exception:  # noqa: BLE001 - the next look may do better
                # Without this task the queue's age would stand still and wake nobody; the fault is ours and is shown.
                _log.exception("jobs are not counted")
            await asyncio.sleep(self._every_s)
