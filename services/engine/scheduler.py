"""The step thread: admits, cancels and advances what is live, one step after the other."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic

import structlog

from services.engine.admission import AdmissionQueue
from services.engine.cancels import CancelWatcher
from services.engine.metrics import EngineMetrics, Snapshot
from services.engine.outbox import Merge, Outbox
from services.engine.program import Answers, Program, Step
from services.engine.settings import SchedulerSettings
from services.engine.ticket import RequestT, Stream, Ticket
from services.errors import CancelledRequestError, InternalError, UnavailableError, WegenError

_log = structlog.get_logger(__name__)


class Scheduler(Generic[RequestT]):
    """One program and its three threads: steps, responses, cancels.

    `program` gets the outbox its events go to. `merge` joins events that a slow stream has collected.
    """

    def __init__(
        self,
        program: Callable[[Answers], Program[RequestT]],
        *,
        name: str,
        settings: SchedulerSettings,
        merge: Merge = list,
    ) -> None:
        self._name = name
        self._outbox = Outbox(name=name, merge=merge, pace_s=settings.pace_ms / 1000, on_lost=self.cancel)
        self._program = program(self._outbox)
        self._metrics = EngineMetrics()
        self._queue: AdmissionQueue[RequestT] = AdmissionQueue(settings.queue)
        self._cancels: deque[Ticket[RequestT]] = deque()
        self._work = threading.Condition()
        self._numbers = itertools.count(1)
        self._closing = False
        self._abandoned = False
        self._idle = True
        self._watcher = CancelWatcher(name=name, interval_s=settings.cancel_poll_ms / 1000, on_cancel=self.cancel)
        self._thread = threading.Thread(target=self._run, name=f"{name}-steps", daemon=True)
        self._thread.start()

    def submit(self, request: RequestT, stream: Stream, *, priority: int = 0) -> Ticket[RequestT]:
        """Queue a valid request; ResourceExhaustedError if the queue is full, UnavailableError when closing."""
        ticket = Ticket(request, stream, number=next(self._numbers), priority=priority)
        try:
            with self._work:
                if self._closing:
                    raise UnavailableError(self._name, "it is shutting down")
                self._queue.push(ticket, slots=self._program.slots, in_use=self._program.slots_in_use)
                self._work.notify()
        except WegenError as error:
            self._metrics.refusal(error.code)
            raise
        self._watcher.watch(ticket)
        return ticket

    def refuse(self, error: WegenError) -> None:
        """Count a request that was refused before it came here."""
        self._metrics.refusal(error.code)

    def cancel(self, ticket: Ticket[RequestT]) -> None:
        """Free what `ticket` holds before the next step. From any thread, also for a finished ticket."""
        with self._work:
            self._cancels.append(ticket)
            self._work.notify()

    def snapshot(self) -> Snapshot:
        """The metrics now."""
        return self._metrics.snapshot(
            slots=self._program.slots, slots_in_use=self._program.slots_in_use, queue_depth=len(self._queue)
        )

    def close(self, *, drain_s: float = 0.0) -> None:
        """Take nothing more, let what is here finish for `drain_s` seconds, fail the rest, join all threads."""
        with self._work:
            self._closing = True
            self._work.notify()
            self._work.wait_for(lambda: self._idle and not self._queue, timeout=drain_s)
            self._abandoned = True
            self._work.notify()
        self._thread.join()
        self._collapse(UnavailableError(self._name, "it is shutting down"))
        self._watcher.close()
        self._outbox.close()

    def _run(self) -> None:
        try:
            while self._await_work():
                step = self._prepare()
                if step is not None:
                    self._take(step)
        except Exception as error:  # noqa: BLE001
            # A fault of ours in the bookkeeping: nothing here can be trusted any more, but nobody may wait for ever.
            _log.exception("scheduler_failed", model=self._name)
            self._collapse(InternalError(f"the scheduler of {self._name} failed: {error}"))

    def _await_work(self) -> bool:
        """Wait until something is live, waiting or cancelled; False when closing with nothing left."""
        if self._program.slots_in_use and not self._abandoned:
            return True
        with self._work:
            if self._abandoned:
                return False
            while not (self._program.slots_in_use or self._queue or self._cancels):
                self._idle = True
                self._work.notify_all()
                if self._closing:
                    return False
                self._work.wait()
            self._idle = False
        return True

    def _prepare(self) -> Step[RequestT] | None:
        self._apply_cancels()
        self._admit()
        return self._program.next_step()

    def _apply_cancels(self) -> None:
        while self._cancels:
            ticket = self._cancels.popleft()
            if ticket.done:
                continue
            with self._work:
                self._queue.remove([ticket])
            self._program.stop(ticket)
            self._metrics.cancel()
            self._outbox.fail(ticket, CancelledRequestError("the caller gave up"))

    def _admit(self) -> None:
        if self._queue:
            with self._work:
                self._queue.remove(self._program.admit(self._queue.waiting))

    def _take(self, step: Step[RequestT]) -> None:
        start = time.perf_counter()
        try:
            step.run()
        except Exception as error:  # noqa: BLE001
            # Whatever the engine raised, it concerns the requests of this step and nobody else.
            _log.exception("step_failed", model=self._name, kind=step.kind, rows=step.rows)
            self._fail(step.tickets(), error)
        self._metrics.step(step.kind, step.rows, time.perf_counter() - start)

    def _fail(self, tickets: list[Ticket[RequestT]], error: Exception) -> None:
        for ticket in tickets:
            self._program.stop(ticket, scrub=True)
            self._outbox.fail(ticket, InternalError(f"a step of {self._name} failed: {error}"))

    def _collapse(self, error: WegenError) -> None:
        """Fail everything that waits or runs, and take nothing more."""
        with self._work:
            self._closing = True
            left = [*self._queue.waiting, *self._program.running()]
            self._queue.remove(left)
        for ticket in left:
            self._outbox.fail(ticket, error)
