from __future__ import annotations

import pytest

from services.errors import CancelledRequestError, InvalidArgumentError, UnavailableError
from services.jobs.leases import Lease
from services.worker.grip import Grip, Stop
from services.worker.persistence import Persistence
from tests.contract.servers.bench import spec
from tests.unit.services.worker.conftest import Shop


@pytest.fixture
def grip(shop: Shop) -> Grip:
    lease = shop.leases.claim(shop.ledger.add(spec()).id)
    assert isinstance(lease, Lease)
    return Grip(lease)


class Work:
    """Fails so often, then works."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.calls, self._failures, self._error = 0, failures, error

    def __call__(self) -> int:
        self.calls += 1
        if self.calls <= self._failures:
            raise self._error
        return self.calls


def test_what_is_away_is_tried_again(grip: Grip) -> None:
    assert Persistence(grip, 5, lambda: None).call(Work(1, UnavailableError("triton", "gone"))) == 2


def test_what_is_wrong_is_not_tried_again(grip: Grip) -> None:
    work = Work(1, InvalidArgumentError("steps", "0"))
    with pytest.raises(InvalidArgumentError):
        Persistence(grip, 5, lambda: None).call(work)
    assert work.calls == 1


def test_nothing_is_tried_past_the_deadline(grip: Grip) -> None:
    work = Work(1, UnavailableError("triton", "gone"))
    with pytest.raises(UnavailableError):
        Persistence(grip, 5, lambda: 0.1).call(work)
    assert work.calls == 1


def test_a_stop_ends_the_waiting(grip: Grip) -> None:
    grip.stop(Stop.CANCELLED)
    work = Work(1, UnavailableError("triton", "gone"))
    with pytest.raises(CancelledRequestError):
        Persistence(grip, 5, lambda: None).call(work)
    assert work.calls == 1
