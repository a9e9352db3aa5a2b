from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.audit.findings import Audit, Findings
from services.jobs.database import Database
from services.jobs.job import Job
from services.jobs.leases import Lease, Leases
from services.jobs.ledger import Ledger
from services.migrations import migrate
from services.storage import DirectoryStore
from services.storage.naming import checkpoint, image, preview, reference
from tests.contract.servers.bench import spec

LATER = datetime.now(UTC) + timedelta(hours=2)


class Shelf:
    """Jobs in every state, and a store to put things into."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(f"sqlite:///{folder}/jobs.sqlite3")
        migrate(self.database)
        self.ledger = Ledger(self.database, limit=10)
        self.leases = Leases(self.database, lease=timedelta(seconds=60), deliveries=3)
        self.store = DirectoryStore(folder / "objects")
        self.audit = Audit(self.database, self.store, keep=timedelta(days=7))

    def lease(self) -> Lease:
        lease = self.leases.claim(self.ledger.add(spec()).id)
        assert isinstance(lease, Lease)
        return lease

    def put(self, *names: str) -> None:
        for name in names:
            self.store.put(name, b"x", "image/png")

    def succeeded(self) -> Job:
        lease = self.lease()
        return self.leases.succeed(lease, image("acme", lease.job.id))


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path)
    yield shelf
    shelf.database.close()


def test_what_is_as_it_should_be_is_not_found(shelf: Shelf) -> None:
    done, running = shelf.succeeded(), shelf.lease().job
    shelf.put(image("acme", done.id), preview("acme", done.id, 2), checkpoint("acme", running.id, 2))
    shelf.put(reference("acme", "0" * 64))
    assert shelf.audit.run(LATER) == Findings((), ())


def test_leavings_and_strangers_are_found_once_they_are_old(shelf: Shelf) -> None:
    lease, done = shelf.lease(), shelf.succeeded()
    shelf.leases.fail(lease, "no")
    failed = lease.job
    left = {image("acme", failed.id), preview("acme", failed.id, 2), checkpoint("acme", done.id, 4)}
    shelf.put(*left, image("acme", done.id), preview("acme", "unknown", 2))
    assert shelf.audit.run(datetime.now(UTC)).orphans == ()
    assert set(shelf.audit.run(LATER).orphans) == left | {preview("acme", "unknown", 2)}


def test_a_picture_outlives_its_row_for_a_while(shelf: Shelf) -> None:
    shelf.put(image("acme", "forgotten"))
    assert shelf.audit.run(LATER).orphans == ()
    assert shelf.audit.run(LATER + timedelta(days=8)).orphans == (image("acme", "forgotten"),)


def test_a_promised_picture_that_is_gone_is_missed(shelf: Shelf) -> None:
    done = shelf.succeeded()
    assert shelf.audit.run(LATER).missing == (image("acme", done.id),)
