"""A job's trace through a real queue and real processes."""

from __future__ import annotations

import signal

from bench.trace.collector import Collector
from services.jobs.job import JobState
from services.telemetry import spans
from services.telemetry.otlp import OtlpTracer
from tests.contract.servers.bench import Bench, spec
from tests.contract.servers.workers import Workers


async def test_the_worker_after_a_killed_one_goes_on_in_the_trace_of_who_submitted(
    workers: Workers, bench: Bench
) -> None:
    with Collector() as collector:
        tracer = OtlpTracer.to(collector.endpoint, service="wegen-gateway", ratio=1)
        with tracer.span("call", "server") as call, spans.child("picture"):
            first = workers.start(traces_endpoint=collector.endpoint, worker_checkpoint_s=0)
            job = await bench.service.submit(spec(steps=60, step_s=0.05))
        async for event in bench.service.watch(job.id):
            if event.step >= 25 and first.poll() is None:
                first.send_signal(signal.SIGKILL)
                first.wait()
                workers.start(traces_endpoint=collector.endpoint, worker_checkpoint_s=0)
        assert (await bench.service.get(job.id)).state is JobState.SUCCEEDED
        workers.stop()
        tracer.close()
        trace = collector.trace(call.trace_id)
    (sent,) = [span for span in trace if span.name == "send wegen.jobs"]
    last = [span for span in trace if span.name == "process wegen.jobs"][-1]
    denoise = [span for span in trace if span.name == "denoise"][-1]
    assert sent.attributes["messaging.message.id"] == last.attributes["wegen.job.id"] == job.id
    assert (last.parent, last.links, last.attributes["wegen.job.attempt"]) == (sent.id, (sent.id,), 2)
    assert denoise.attributes["wegen.denoise.first_step"] == last.attributes["wegen.job.checkpoint"]
    assert int(last.attributes["wegen.job.checkpoint"]) >= 10
    waits = [span for span in trace if span.name == "queue wait"]
    assert {span.parent for span in waits} == {sent.id}
    assert any(span.name == "store get" for span in trace)


async def test_a_worker_whose_collector_is_away_makes_its_pictures(workers: Workers, bench: Bench) -> None:
    workers.start(traces_endpoint="http://127.0.0.1:1")
    job = await bench.service.submit(spec(steps=3))
    async for _ in bench.service.watch(job.id):
        pass
    assert (await bench.service.get(job.id)).state is JobState.SUCCEEDED
    workers.stop()
    assert [process.returncode for process in workers.processes] == [0]
