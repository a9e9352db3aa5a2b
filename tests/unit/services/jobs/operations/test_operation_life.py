"""The lives of operations, walked at random by owners, gateways and workers that come and go, and watchers."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from services.errors import FailedPreconditionError, NotFoundError
from services.gateway.gallery import Gallery
from services.gateway.orders.view import View
from services.gateway.pixels import ImageLimits
from services.jobs.database import Database
from services.jobs.events import JobEvent
from services.jobs.feed import Feed
from services.jobs.job import Job, JobState, Priority
from services.jobs.leases import Lease, LeaseLostError
from services.jobs.operations import OperationLease, OperationSpec
from services.jobs.operations.watching import Cursor, OperationWatcher
from services.jobs.order import ConflictError, Snapshot
from services.jobs.tables import JobRow, OperationRow
from services.jobs.transitions import TERMINAL
from services.migrations import migrate
from tests.contract.servers.office import LEASE_S, Office, picture
from tests.fakes.store import MemoryStore
from tests.unit.services.jobs.conftest import Clock
from tests.unit.services.jobs.operations.stream import MemoryFeed, SilenceError
from tests.unit.services.jobs.operations.watched import Watched

KEPT_S = 25
COUNT = 2


class OperationLife(RuleBasedStateMachine):
    operations: Bundle[str] = Bundle("operations")
    composers: Bundle[OperationLease] = Bundle("composers")
    workers: Bundle[Lease] = Bundle("workers")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock, self.feed, self.loop = Clock(), MemoryFeed(), asyncio.Runner()
        self.database = Database(f"sqlite:///{Path(self.folder.name)}/jobs.sqlite3")
        migrate(self.database)
        self.office = Office(self.database, self.clock, kept=timedelta(seconds=KEPT_S))
        self.register, self.composing = self.office.register, self.office.composing
        self.leases, self.ledger = self.office.leases, self.office.ledger
        self.watcher = OperationWatcher(cast("Feed", self.feed), self._read, poll_s=0)
        limits = ImageLimits(size=1, pixels=1, side=1)
        self.view = View(Gallery(MemoryStore(), tenant="acme", limits=limits, expires=timedelta(minutes=1)))
        self.keys: dict[str, tuple[str, str]] = {}
        self.clients: dict[str, Watched] = {}
        self.ends: dict[str, Snapshot] = {}

    def teardown(self) -> None:
        self.loop.close()
        self.database.close()
        self.folder.cleanup()

    @rule(target=operations, key=st.sampled_from([None, "a", "b"]), digest=st.sampled_from(["d", "e"]))
    def order(self, key: str | None, digest: str) -> MultipleResults[str]:
        wanted = OperationSpec(tenant="acme", key=key, digest=digest, request=b"", count=COUNT)
        known = self.keys.get(key or "")
        if known and known[1] != digest:
            with pytest.raises(ConflictError):
                self.register.add([wanted])
            return multiple()
        (operation,) = self.register.add([wanted])
        if known:
            assert operation.id == known[0]
            return multiple()
        assert operation.id not in self.clients
        self.clients[operation.id] = Watched()
        if key:
            self.keys[key] = operation.id, digest
        return multiple(operation.id)

    @rule(target=composers)
    def claim(self) -> MultipleResults[OperationLease]:
        lease = self.composing.claim(Priority.INTERACTIVE)
        return multiple(lease) if lease else multiple()

    @rule(
        lease=consumes(composers),
        end=st.sampled_from(["complete", "complete", "complete", "fail", "give_back"]),
        without=st.sets(st.integers(0, COUNT - 1)),
    )
    def composed(self, lease: OperationLease, end: str, without: set[int]) -> None:
        pictures = [picture(number, error="no words" if number in without else None) for number in range(COUNT)]
        arguments: dict[str, tuple[object, ...]] = {"complete": (pictures, "r"), "fail": ("no words",)}
        self._write(lambda: getattr(self.composing, end)(lease, *arguments.get(end, ())), current=self._composes(lease))

    @rule(target=workers, operation=operations, number=st.integers(0, COUNT - 1), told=st.booleans())
    def take(self, operation: str, number: int, told: bool) -> MultipleResults[Lease]:
        jobs = self._jobs(operation)
        if not jobs:
            return multiple()
        claimed = self.leases.claim(jobs[number].id, suspect=True)
        if not isinstance(claimed, Lease):
            return multiple()
        self._tell(claimed.job, told=told)
        return multiple(claimed)

    @rule(lease=workers, step=st.integers(1, 3), told=st.booleans())
    def step(self, lease: Lease, step: int, told: bool) -> None:
        self._write(lambda: self.leases.renew(lease, step=step), current=self._works(lease))
        if self._works(lease):
            self._tell(self.ledger.get(lease.job.id), "step", told=told)

    @rule(
        lease=consumes(workers),
        end=st.sampled_from(["succeed", "succeed", "fail", "give_back"]),
        told=st.booleans(),
    )
    def end(self, lease: Lease, end: str, told: bool) -> None:
        arguments = ("words",) if end in ("succeed", "fail") else ()
        current = self._works(lease)
        self._write(lambda: getattr(self.leases, end)(lease, *arguments), current=current)
        if current:
            self._tell(self.ledger.get(lease.job.id), told=told)

    @rule(operation=operations, told=st.booleans())
    def cancel(self, operation: str, told: bool) -> None:
        if not self._exists(operation):
            with pytest.raises(NotFoundError):
                self.register.request_cancel(operation)
            return
        for job in self.register.request_cancel(operation)[1]:
            self._tell(job, told=told)

    @rule(operation=operations)
    def delete(self, operation: str) -> None:
        if not self._exists(operation):
            with pytest.raises(NotFoundError):
                self.register.delete(operation)
        elif self.register.get(operation).operation.state not in TERMINAL:
            with pytest.raises(FailedPreconditionError):
                self.register.delete(operation)
        else:
            self.register.delete(operation)

    @rule(seconds=st.sampled_from([1, LEASE_S + 1]))
    def wait(self, seconds: int) -> None:
        self.clock.forward(seconds)

    @rule()
    def look_after(self) -> None:
        self.office.recovery.overdue()
        self.office.recovery.abandoned()
        self.office.upkeep.once()

    @rule()
    def forget_events(self) -> None:
        self.feed.forget()

    @rule(operation=operations, events=st.sampled_from([1, 2, 100]))
    def watch(self, operation: str, events: int) -> None:
        """One call of a client's, which breaks after some events, or when nothing more is to be told."""
        client = self.clients[operation]
        if client.ended:
            return
        if not self._exists(operation):
            with pytest.raises(NotFoundError):
                self.loop.run(self._watch(operation, client, events))
        elif self.loop.run(self._watch(operation, client, events)):
            snapshot = self.register.get(operation)
            assert client.states[-1:] == [snapshot.operation.state]
            assert [client.told(job.number) for job in snapshot.jobs] == [job.state for job in snapshot.jobs]

    @invariant()
    def clients_were_told_everything_once(self) -> None:
        for client in self.clients.values():
            client.check()

    @invariant()
    def rows_agree(self) -> None:
        found = self.register.page(size=100, after=None, done=None)
        halves = [self.register.page(size=100, after=None, done=done) for done in (True, False)]
        assert sorted(one.operation.id for half in halves for one in half) == sorted(one.operation.id for one in found)
        for snapshot in found:
            self._agrees(snapshot)
        live = {snapshot.operation.id for snapshot in found}
        self.keys = {key: known for key, known in self.keys.items() if known[0] in live}

    def _agrees(self, snapshot: Snapshot) -> None:
        operation, states = snapshot.operation, [job.state for job in snapshot.jobs]
        ended, succeeded = operation.state in TERMINAL, JobState.SUCCEEDED in states
        assert len(states) == (COUNT if operation.composed_at else 0)
        assert (operation.finished_at is not None) == ended
        assert (operation.error is not None) == (operation.state is JobState.FAILED)
        if ended or operation.composed_at:
            assert ended == all(state in TERMINAL for state in states)
        if operation.state in (JobState.SUCCEEDED, JobState.FAILED):
            assert succeeded == (operation.state is JobState.SUCCEEDED)
        if ended:
            # Done is final, whatever is asked for or written later.
            assert self.ends.setdefault(operation.id, snapshot) == snapshot
        shown = self.loop.run(self.view.operation(snapshot))
        assert shown.done == ended
        assert shown.HasField("response") == (operation.state is JobState.SUCCEEDED)
        assert shown.HasField("error") == (operation.state in (JobState.FAILED, JobState.CANCELLED))

    async def _watch(self, operation: str, client: Watched, events: int) -> bool:
        """Whether the client knows everything."""
        self.feed.was_silent = False
        cursor = Cursor.decode(client.cursor) if client.cursor else None
        try:
            async for told in self.watcher.watch(operation, cursor):
                client.hear(told)
                events -= 1
                if events == 0:
                    return False
        except SilenceError:
            pass
        return True

    async def _read(self, operation: str) -> Snapshot:
        return self.register.get(operation)

    def _tell(self, job: Job, kind: str = "state", *, told: bool) -> None:
        if told:
            self.feed.publish(JobEvent.of(job, kind, self.clock()))  # type: ignore[arg-type]

    def _exists(self, operation: str) -> bool:
        with self.database.read() as session:
            return session.get(OperationRow, operation) is not None

    def _jobs(self, operation: str) -> tuple[Job, ...]:
        return self.register.get(operation).jobs if self._exists(operation) else ()

    def _composes(self, lease: OperationLease) -> bool:
        with self.database.read() as session:
            row = session.get(OperationRow, lease.operation.id)
            open_ = row is not None and row.composed_at is None and row.state in (JobState.RUNNING, JobState.CANCELLING)
            return open_ and row is not None and row.fence == lease.fence

    def _works(self, lease: Lease) -> bool:
        try:
            job = self.ledger.get(lease.job.id)
        except NotFoundError:
            return False
        running = job.state in (JobState.RUNNING, JobState.CANCELLING)
        return running and job.deliveries == lease.job.deliveries and job.started_at is not None and self._fenced(lease)

    def _fenced(self, lease: Lease) -> bool:
        with self.database.read() as session:
            row = session.get(JobRow, lease.job.id)
            return row is not None and row.fence == lease.fence

    @staticmethod
    def _write(write: Callable[[], object], *, current: bool) -> None:
        if current:
            write()
        else:
            with pytest.raises(LeaseLostError):
                write()


OperationLife.TestCase.settings = settings(
    max_examples=10, stateful_step_count=40, suppress_health_check=list(HealthCheck)
)
TestOperationLife = OperationLife.TestCase
