"""The gateway's own work on operations: composes those that wait, keeps their leases, looks after the lost."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from services.errors import ResourceExhaustedError, UnavailableError, WegenError
from services.gateway.orders.composer import Composer
from services.gateway.orders.trace import OrderTrace
from services.gateway.webhook.caller import Caller
from services.jobs.job import JobState, Priority
from services.jobs.leases import LeaseLostError
from services.jobs.operations.composing import OperationLease
from services.jobs.operations.service import OperationService
from services.jobs.turns import Turns, queue_name
from services.telemetry import spans
from services.telemetry.gateway_metrics import GatewayMetrics
from services.telemetry.spans import NO_TRACES, Tracer

_LOOK_S = 1.0
_PULSE_S = 1.0
_LONGEST_S = 10.0
_log = structlog.get_logger(__name__)


class Runner:
    """At most `places` operations at a time; any number of gateways share the work by leases."""

    def __init__(
        self,
        operations: OperationService,
        composer: Composer,
        *,
        places: int,
        upkeep_s: float,
        metrics: GatewayMetrics,
        webhooks: Caller | None = None,
        tracer: Tracer = NO_TRACES,
    ) -> None:
        self._trace = OrderTrace(tracer)
        self._webhooks, self._metrics = webhooks, metrics
        self._operations, self._composer = operations, composer
        self._places, self._upkeep_s = asyncio.Semaphore(places), upkeep_s
        self._turns = Turns(queue_name(priority) for priority in Priority)
        self._held: dict[asyncio.Task[None], OperationLease] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._pause_s = 0.0

    def start(self) -> None:
        """Begin to look for work."""
        work: list[tuple[Callable[[], Awaitable[None]], float]] = [
            (self._take, 0.0),
            (self._pulse, _PULSE_S),
            (self._operations.look_after, self._upkeep_s),
        ]
        if self._webhooks:
            work.append((self._webhooks.once, _LOOK_S))
        self._loops = [asyncio.create_task(_forever(one, every_s)) for one, every_s in work]

    async def stop(self) -> None:
        """Hand back what is not finished."""
        tasks = [*self._loops, *self._held]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _take(self) -> None:
        if self._pause_s:
            await asyncio.sleep(self._pause_s)
        await self._places.acquire()
        lease = None
        try:
            lease = await self._next()
        finally:
            if lease is None:
                self._places.release()
        if lease is None:
            await self._wait()
            return
        task = asyncio.create_task(self._run(lease))
        self._held[task] = lease
        task.add_done_callback(self._let_go)

    async def _next(self) -> OperationLease | None:
        due = {
            queue_name(priority): priority
            for priority in await self._operations.in_thread(self._operations.composing.due)
        }
        for name in self._turns.consume(len(Priority)):
            if name in due:
                priority = due[name]
                lease = await self._operations.in_thread(partial(self._operations.composing.claim, priority))
                if lease:
                    self._turns.rotate(name)
                    return lease
        return None

    async def _wait(self) -> None:
        self._operations.added.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                await self._operations.added.wait()

    def _let_go(self, task: asyncio.Task[None]) -> None:
        del self._held[task]
        self._places.release()
        if not task.cancelled() and task.exception():
            _log.error("composing failed", exc_info=task.exception())

    async def _run(self, lease: OperationLease) -> None:
        began, outcome = time.monotonic(), "failed"
        try:
            with self._trace.begun(lease):
                outcome = await self._compose(lease)
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        finally:
            self._metrics.compositions.labels(outcome=outcome).observe(time.monotonic() - began)

    async def _compose(self, lease: OperationLease) -> str:
        """How it ended here, as the metric's label says it."""
        operation, composing = lease.operation, self._operations.composing
        try:
            pictures = await self._composer.compose(operation)
            await self._operations.complete(lease, pictures)
            self._pause_s = 0.0
            _log.info("operation composed", operation_id=operation.id, pictures=len(pictures))
        except (UnavailableError, ResourceExhaustedError) as error:
            self._pause_s = min(max(0.5, 2 * self._pause_s), _LONGEST_S)
            _log.warning("operation waits", operation_id=operation.id, cause=error.message, delay_s=self._pause_s)
            spans.current().fail(error.code)
            await self._quietly(lambda: composing.give_back(lease))
            return "waiting"
        except WegenError as error:
            words = error.message
            spans.current().fail(error.code)
            _log.warning("operation failed", operation_id=operation.id, reason=error.reason)
            await self._quietly(lambda: composing.fail(lease, words))
            return "failed"
        except LeaseLostError:
            _log.warning("operation lost", operation_id=operation.id)
            return "lost"
        except asyncio.CancelledError:
            # By a cancel, which giving back completes, or because the gateway stops.
            await asyncio.shield(self._quietly(lambda: composing.give_back(lease)))
            raise
        except Exception:
            await self._quietly(lambda: composing.fail(lease, "the gateway met a fault of its own"))
            raise
        return "composed"

    async def _quietly(self, write: Callable[[], None]) -> None:
        """Write the end; what cannot be written is found by the next look after the lost."""
        try:
            await self._operations.in_thread(write)
        except (UnavailableError, LeaseLostError) as error:
            _log.warning("the end of composing was not written", cause=str(error))

    async def _pulse(self) -> None:
        """Keep the leases; stop what was cancelled or lost."""
        for task, lease in list(self._held.items()):
            try:
                state = await self._operations.in_thread(partial(self._operations.composing.renew, lease))
            except LeaseLostError:
                # It may just have been completed: then there is nothing left to stop.
                continue
            if state is JobState.CANCELLING:
                task.cancel()


async def _forever(work: Callable[[], Awaitable[None]], every_s: float) -> None:
    """Do `work` again and again; a dependency that is away is met again a little later."""
    while True:
        try:
            await work()
            await asyncio.sleep(every_s)
        except UnavailableError as error:
            _log.warning("operations are not looked after", cause=error.message)
            await asyncio.sleep(max(every_s, _LOOK_S))
