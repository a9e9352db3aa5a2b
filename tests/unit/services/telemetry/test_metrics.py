from __future__ import annotations

import urllib.request

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from services.telemetry import buckets, exporter
from services.telemetry.gateway_metrics import GatewayMetrics
from services.telemetry.worker_metrics import WorkerMetrics


def test_gateway_metrics_carry_their_prefix_labels_and_base_units() -> None:
    registry = CollectorRegistry()
    metrics = GatewayMetrics(registry)
    metrics.requests.labels(method="Chat", code="OK").inc()
    metrics.candidates.labels(outcome="duplicate").inc()
    metrics.images.labels(outcome="succeeded").inc()
    metrics.tokens.labels(kind="prompt").inc(12)
    metrics.active_chats.inc()
    metrics.time_to_first_token.observe(0.03)
    value = registry.get_sample_value
    assert value("wegen_gateway_requests_total", {"method": "Chat", "code": "OK"}) == 1
    assert value("wegen_gateway_candidates_total", {"outcome": "duplicate"}) == 1
    assert value("wegen_gateway_images_total", {"outcome": "succeeded"}) == 1
    assert value("wegen_gateway_tokens_total", {"kind": "prompt"}) == 12
    assert value("wegen_gateway_active_chats") == 1
    assert value("wegen_gateway_time_to_first_token_seconds_bucket", {"le": "0.03"}) == 1


def test_worker_metrics_carry_their_prefix_and_labels() -> None:
    registry = CollectorRegistry()
    metrics = WorkerMetrics(registry)
    metrics.jobs.labels(outcome="succeeded").inc()
    metrics.job_duration.labels(outcome="succeeded").observe(3.0)
    metrics.step_latency.observe(0.02)
    metrics.store_errors.labels(call="put").inc()
    value = registry.get_sample_value
    assert value("wegen_worker_jobs_total", {"outcome": "succeeded"}) == 1
    assert value("wegen_worker_job_duration_seconds_sum", {"outcome": "succeeded"}) == 3.0
    assert value("wegen_worker_store_errors_total", {"call": "put"}) == 1


def test_steps_that_are_told_together_count_one_by_one() -> None:
    registry = CollectorRegistry()
    WorkerMetrics(registry).observe_steps(4, 0.1)
    value = registry.get_sample_value
    assert value("wegen_worker_step_latency_seconds_count") == 4
    assert value("wegen_worker_step_latency_seconds_sum") == pytest.approx(0.1)


def test_two_of_a_kind_live_in_one_process() -> None:
    first, second = GatewayMetrics(CollectorRegistry()), GatewayMetrics(CollectorRegistry())
    first.active_chats.inc()
    assert second.registry.get_sample_value("wegen_gateway_active_chats") == 0


@pytest.mark.parametrize("name", ["FIRST_TOKEN", "PER_TOKEN", "OPERATION", "STEP", "QUEUE"])
def test_bounds_rise_strictly(name: str) -> None:
    bounds = getattr(buckets, name)
    assert list(bounds) == sorted(set(bounds))


def test_the_conventions_bounds_are_all_there() -> None:
    assert {0.001, 0.06, 0.25, 7.5, 10.0} <= set(buckets.FIRST_TOKEN)
    assert {0.01, 0.075, 0.3, 2.5} <= set(buckets.PER_TOKEN)
    assert {0.01 * 2**power for power in range(14)} <= set(buckets.OPERATION)


def test_metrics_are_served_and_the_port_is_free_after_close() -> None:
    registry = CollectorRegistry()
    GatewayMetrics(registry).active_chats.set(3)
    server = exporter.serve(0, registry)
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics") as answer:
        body = answer.read()
    assert b"wegen_gateway_active_chats 3.0" in body
    assert b"wegen_gateway_active_chats 3.0" in generate_latest(registry)
    server.close()
    exporter.serve(server.port, registry).close()


def test_a_busy_port_is_one_clear_sentence() -> None:
    server = exporter.serve(0, CollectorRegistry())
    try:
        with pytest.raises(exporter.ExporterError, match=rf"127.0.0.1:{server.port}: address already in use"):
            exporter.serve(server.port, CollectorRegistry())
    finally:
        server.close()
