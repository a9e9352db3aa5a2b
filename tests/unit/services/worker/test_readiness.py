from __future__ import annotations

from services.errors import UnavailableError
from services.worker.readiness import Readiness


def away() -> None:
    raise UnavailableError("store", "gone")


def test_a_worker_is_ready_when_it_takes_jobs_and_has_what_it_needs() -> None:
    readiness = Readiness({"redis": lambda: 0, "store": lambda: None})
    readiness.begin()
    assert readiness.missing() == "nothing has been asked yet"
    readiness.look()
    assert readiness.missing() is None


def test_what_is_away_is_named_until_it_is_back() -> None:
    checks = {"redis": lambda: None, "store": away}
    readiness = Readiness(checks)
    readiness.begin()
    readiness.look()
    assert "store: " in (readiness.missing() or "")
    checks["store"] = lambda: None
    readiness.look()
    assert readiness.missing() is None


def test_before_the_first_and_after_the_last_job_it_is_not() -> None:
    readiness = Readiness({})
    readiness.look()
    assert readiness.missing() == "no jobs are taken"
    readiness.begin()
    assert readiness.missing() is None
    readiness.retire()
    assert readiness.missing() == "no jobs are taken"
