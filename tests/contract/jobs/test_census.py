"""What the rows say of all jobs together, on both databases."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from services.gateway.survey import Surveyor
from services.jobs.cancellations import Cancellations
from services.jobs.census import Census
from services.jobs.job import JobState, Priority
from services.jobs.ledger import Ledger
from services.telemetry.gateway_metrics import GatewayMetrics
from tests.contract.jobs.desk import Desk, order
from tests.contract.servers.bench import spec

pytestmark = pytest.mark.contract


def test_jobs_are_counted_and_the_oldest_of_each_priority_has_an_age(office: Desk) -> None:
    census = Census(office.database, clock=office.clock)
    empty = census.look()
    assert (empty.queued, empty.running, dict(empty.ages)) == (0, 0, {Priority.INTERACTIVE: 0, Priority.BATCH: 0})
    office.ledger.add(spec(priority=Priority.BATCH))
    office.clock.forward(60)
    running = office.job_lease(office.ledger.add(spec()))
    office.ledger.request_cancel(office.job_lease(office.ledger.add(spec())).job.id)
    office.ledger.add(spec())
    office.clock.forward(5)
    survey = census.look()
    assert (survey.queued, survey.running) == (2, 2)
    # The clock goes on by itself: a slow machine adds some seconds, not the minute between the two.
    assert survey.ages[Priority.BATCH] >= 65
    assert 5 <= survey.ages[Priority.INTERACTIVE] <= survey.ages[Priority.BATCH] - 60
    office.leases.succeed(running, "image")
    assert census.look().running == 1


def test_an_end_is_told_once_whether_it_was_seen_open_or_not(office: Desk) -> None:
    _, jobs = office.composed()
    before = Census(office.database, clock=office.clock)
    assert (before.look().open, before.look().ended) == (1, ())
    office.clock.forward(90)
    for job in jobs:
        office.leases.succeed(office.job_lease(job), "image")
    (ended,) = before.look().ended
    assert (ended.state, ended.seconds >= 90) == (JobState.SUCCEEDED, True)
    office.composed(0)
    assert [one.state for one in before.look().ended] == [JobState.FAILED]
    office.clock.forward(20)
    assert before.look().ended == ()
    office.clock.forward(60)
    assert before.look().ended == ()


def test_who_starts_later_tells_nothing_of_what_had_ended(office: Desk) -> None:
    office.composed(0)
    office.clock.forward(1)
    census = Census(office.database, clock=office.clock)
    assert census.look().ended == ()
    waiting = office.register.add([order()])[0]
    assert (census.look().waiting, census.look().open) == (1, 0)
    office.register.request_cancel(waiting.id)
    assert [one.state for one in census.look().ended] == [JobState.CANCELLED]


def test_a_cancel_lasts_from_its_request_to_its_row(office: Desk) -> None:
    cancellations = Cancellations(office.database, clock=office.clock)
    ledger = Ledger(office.database, limit=10, clock=office.clock, asked=cancellations.asked)
    lease, waiting = office.job_lease(ledger.add(spec())), ledger.add(spec())
    ledger.request_cancel(lease.job.id)
    ledger.request_cancel(waiting.id)
    assert cancellations.confirmed() == ()
    office.clock.forward(30)
    ledger.request_cancel(lease.job.id)
    office.leases.confirm_cancel(lease)
    office.clock.forward(86400)
    (seconds,) = cancellations.confirmed()
    assert 30 <= seconds < 86400
    assert cancellations.confirmed() == ()


def test_a_cancel_that_nobody_confirms_counts_as_a_minute(office: Desk) -> None:
    cancellations = Cancellations(office.database, clock=office.clock)
    ledger = Ledger(office.database, limit=10, clock=office.clock, asked=cancellations.asked)
    ledger.request_cancel(office.job_lease(ledger.add(spec())).job.id)
    office.clock.forward(30)
    assert cancellations.confirmed() == ()
    office.clock.forward(31)
    assert cancellations.confirmed() == (60,)
    assert cancellations.confirmed() == ()


def test_the_surveyor_brings_metrics_up_to_the_rows(office: Desk) -> None:
    metrics = GatewayMetrics(CollectorRegistry())
    census, cancellations = Census(office.database), Cancellations(office.database)
    surveyor = Surveyor(census, cancellations, metrics, every_s=60)
    office.ledger.add(spec())
    office.composed(0)
    value = metrics.registry.get_sample_value
    surveyor.look()
    assert value("wegen_gateway_jobs", {"state": "queued"}) == 1
    assert value("wegen_gateway_operation_duration_seconds_count", {"outcome": "failed"}) == 1
