"""All who work on operations, put together by hand on one database and one clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from services.jobs.database import Database
from services.jobs.leases import Leases
from services.jobs.ledger import Ledger
from services.jobs.operations import Composing, Picture, Register, Upkeep
from services.jobs.recovery import Recovery
from tests.contract.servers.bench import spec

LEASE_S = 10


class MovableClock(Protocol):
    """A clock that a test moves."""

    def __call__(self) -> datetime: ...

    def forward(self, seconds: float) -> None: ...


@dataclass
class Office:
    """`limit` operations may wait; what has ended is kept for `kept`."""

    database: Database
    clock: MovableClock
    limit: int = 100
    kept: timedelta = timedelta(days=7)

    def __post_init__(self) -> None:
        database, clock, lease = self.database, self.clock, timedelta(seconds=LEASE_S)
        self.ledger = Ledger(database, limit=100, clock=clock)
        self.register = Register(database, self.ledger, tenant="acme", limit=self.limit, clock=clock)
        self.composing = Composing(database, lease=lease, clock=clock)
        self.leases = Leases(database, lease=lease, deliveries=3, clock=clock)
        self.recovery = Recovery(database, deliveries=3, clock=clock)
        self.upkeep = Upkeep(database, self.ledger, deliveries=3, retention=self.kept, clock=clock)


def picture(number: int, *, error: str | None = None) -> Picture:
    """A picture of an operation; with an `error` it has no features."""
    features = None if error else spec().features
    return Picture(number, seed=2**63, steps=4, guidance=2.0, preview_every=0, features=features, error=error)
