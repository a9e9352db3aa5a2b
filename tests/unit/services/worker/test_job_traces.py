"""A job's spans."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from services.jobs import JobState
from services.jobs.ledger import now
from services.jobs.rows import move
from tests.contract.servers.bench import spec
from tests.fakes.traces import Traces, parent_id, span_id, trace_id, values
from tests.unit.services.worker.conftest import Shop

TRACE, ORDER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CARRIED = f"00-{TRACE}-{ORDER}-01"


@pytest.fixture
def traces() -> Traces:
    return Traces()


@pytest.fixture
def shop(tmp_path: Path, traces: Traces) -> Iterator[Shop]:
    shop = Shop(tmp_path, tracer=traces.tracer)
    yield shop
    shop.close()


def test_a_job_waits_is_denoised_decoded_and_stored_in_the_trace_of_its_row(shop: Shop, traces: Traces) -> None:
    job = shop.make(replace(spec(steps=6, preview_every=2), trace=CARRIED))
    shop.previews.close()
    shop.checkpoints.close()
    spans = traces.ended()
    assert {trace_id(span) for span in spans} == {TRACE}
    named = {span.name: span for span in spans}
    wait, process, denoise = (named[name] for name in ("queue wait", "process wegen.jobs", "denoise"))
    assert parent_id(wait) == parent_id(process) == ORDER
    assert wait.start_time == round(job.created_at.timestamp() * 1e6) * 1000
    assert wait.end_time == process.start_time
    assert (process.kind, [link.context.span_id for link in process.links]) == (SpanKind.CONSUMER, [int(ORDER, 16)])
    assert values(process) == {
        "messaging.system": "celery",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.destination.name": "wegen.jobs",
        "messaging.message.id": job.id,
        "wegen.job.id": job.id,
        "wegen.request.id": "request-1",
        "wegen.job.attempt": 1,
        "wegen.job.steps": 6,
        "wegen.job.checkpoint": 0,
        "wegen.job.outcome": "succeeded",
    }
    assert values(denoise) == {
        "wegen.denoise.steps": 6, "wegen.denoise.first_step": 0, "wegen.denoise.steps_done": 6
    }  # fmt: skip
    told = [(event.name, dict(event.attributes or {})["wegen.denoise.step"]) for event in denoise.events]
    assert told == [("first step", 1), ("latents", 2), ("latents", 4), ("last step", 6)]
    assert all(parent_id(named[name]) == span_id(process) for name in ("denoise", "decode"))
    kinds = {values(span)["wegen.object.kind"] for span in spans if span.name == "store put"}
    assert kinds >= {"picture"}
    assert parent_id(named["preview"]) == span_id(denoise)


def test_a_second_worker_goes_on_in_the_same_trace(shop: Shop, traces: Traces) -> None:
    job = shop.ledger.add(replace(spec(steps=6), trace=CARRIED))
    lease = shop.leases.claim(job.id)
    with shop.database.write() as session:
        assert move(session, job.id, JobState.RUNNING, JobState.QUEUED, at=now())
    assert lease
    shop.synthesizer.run(job.id)
    (process,) = traces.named("process wegen.jobs")
    assert (trace_id(process), values(process)["wegen.job.attempt"]) == (TRACE, 2)


def test_a_stream_that_breaks_is_one_denoising_with_the_steps_it_did(shop: Shop, traces: Traces) -> None:
    shop.make(replace(spec(steps=6, breaks=1), trace=CARRIED))
    (denoise,) = traces.named("denoise")
    assert values(denoise)["wegen.denoise.steps_done"] == 6
    told = [event.name for event in denoise.events]
    assert (told.count("first step"), told.count("trying again")) == (2, 1)


def test_a_job_that_fails_is_an_error_without_words(shop: Shop, traces: Traces) -> None:
    shop.make(replace(spec(invalid=True), trace=CARRIED))
    (process,) = traces.named("process wegen.jobs")
    assert process.status.status_code is StatusCode.ERROR
    assert process.status.description is None
    assert (values(process)["wegen.job.outcome"], values(process)["error.type"]) == ("failed", "INVALID_ARGUMENT")


def test_a_job_that_is_cancelled_is_no_error(shop: Shop, traces: Traces) -> None:
    job = shop.ledger.add(replace(spec(steps=50, step_s=0.02), trace=CARRIED))
    worker = threading.Thread(target=shop.synthesizer.run, args=(job.id,))
    worker.start()
    while not shop.denoiser.requests:
        time.sleep(0.005)
    shop.ledger.request_cancel(job.id)
    shop.desk.cancel(job.id)
    worker.join(60)
    (process,) = traces.named("process wegen.jobs")
    assert (values(process)["wegen.job.outcome"], process.status.status_code) == ("cancelled", StatusCode.UNSET)


def test_a_job_submitted_without_a_trace_begins_one(shop: Shop, traces: Traces) -> None:
    shop.make(spec(steps=2))
    spans = traces.ended()
    assert len({trace_id(span) for span in spans}) == 1
    assert [span.name for span in spans if span.parent is None] == ["queue wait"]


def test_a_job_whose_caller_was_not_sampled_is_not_either(shop: Shop, traces: Traces) -> None:
    assert shop.make(replace(spec(steps=2), trace=f"00-{TRACE}-{ORDER}-00")).state is JobState.SUCCEEDED
    assert traces.ended() == []
