"""A job's place in a trace goes through its row, whatever becomes of its message."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from services.jobs.database import Database
from services.jobs.job import Priority
from services.jobs.leases import Lease, Leases
from services.jobs.ledger import Ledger
from services.jobs.operations.composing import Composing
from services.jobs.operations.register import Register
from services.jobs.order import OperationSpec, Picture
from services.jobs.recovery import Recovery
from tests.contract.servers.bench import spec
from tests.fakes.denoising import orders
from tests.unit.services.jobs.conftest import Clock

CARRIED = f"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 vendor={'v' * 500}"


def test_every_worker_of_a_job_gets_its_place_and_since_when_it_waited(database: Database, clock: Clock) -> None:
    leases = Leases(database, lease=timedelta(seconds=10), deliveries=3, clock=clock)
    job = Ledger(database, limit=5, clock=clock).add(replace(spec(), trace=CARRIED))
    ordered = clock()
    clock.forward(2)
    first = leases.claim(job.id)
    clock.forward(11)
    lost = clock()
    Recovery(database, deliveries=3, clock=clock).abandoned()
    clock.forward(5)
    second = leases.claim(job.id, suspect=True)
    assert isinstance(first, Lease)
    assert isinstance(second, Lease)
    assert (first.job.trace, first.fence, first.waited_since) == (CARRIED, 1, ordered)
    assert (second.job.trace, second.fence, second.waited_since) == (CARRIED, 2, lost)


def test_an_operations_jobs_are_where_its_composer_was(database: Database, clock: Clock) -> None:
    ledger = Ledger(database, limit=5, clock=clock)
    register = Register(database, ledger, tenant="acme", limit=5, clock=clock)
    order = OperationSpec(tenant="acme", key=None, digest="d", request=b"", count=1, trace=CARRIED)
    register.add([order])
    composing = Composing(database, lease=timedelta(seconds=10), clock=clock)
    lease = composing.claim(Priority.INTERACTIVE)
    assert lease is not None
    assert lease.operation.trace == CARRIED
    picture = Picture(number=0, seed=1, steps=2, guidance=1, preview_every=0, features=orders())
    (job,) = composing.complete(lease, [picture], "request-1", "elsewhere")
    assert ledger.get(job.id).trace == "elsewhere"
