"""A cancel and a claim at the same moment, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from services.jobs.job import JobState
from services.jobs.leases import Lease
from tests.contract.servers.bench import Bench, spec

pytestmark = pytest.mark.contract


async def test_a_job_that_is_claimed_while_it_is_cancelled_hears_of_it(bench: Bench) -> None:
    for _ in range(40):
        job = bench.ledger.add(spec())
        with ThreadPoolExecutor(2) as pool:
            claim = pool.submit(bench.leases.claim, job.id)
            cancel = pool.submit(bench.ledger.request_cancel, job.id)
            claimed, cancelled = claim.result(), cancel.result()
        if isinstance(claimed, Lease):
            assert cancelled.state is JobState.CANCELLING
            assert bench.leases.confirm_cancel(claimed).state is JobState.CANCELLED
        else:
            assert cancelled.state is JobState.CANCELLED
