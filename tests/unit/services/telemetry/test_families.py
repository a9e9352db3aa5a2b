"""What the catalogue says of a metric is what its page shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from google.longrunning import operations_pb2
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from services.protos.wegen.v1 import chat_pb2, image_pb2, job_pb2
from services.telemetry import labels
from services.telemetry.gateway_metrics import GatewayMetrics
from services.telemetry.service_metrics import ServiceMetrics
from services.telemetry.worker_metrics import WorkerMetrics

ROOT = Path(__file__).parents[4]
MOST_SERIES = 500


@pytest.mark.parametrize("kind", [GatewayMetrics, WorkerMetrics])
def test_every_series_is_there_before_anything_happens_and_no_other_ever_will(kind: type[ServiceMetrics]) -> None:
    metrics = kind(CollectorRegistry())
    shown: dict[str, set[frozenset[tuple[str, str]]]] = {}
    for family in text_string_to_metric_families(generate_latest(metrics.registry).decode()):
        for sample in family.samples:
            values = frozenset((key, value) for key, value in sample.labels.items() if key != "le")
            shown.setdefault(sample.name, set()).add(values)
    shown = {name: found for name, found in shown.items() if not name.endswith("_created")}
    declared = {
        name: {frozenset(combination.items()) for combination in family.combinations()}
        for family in metrics.families
        for name in family.series
    }
    assert shown == declared


@pytest.mark.parametrize("kind", [GatewayMetrics, WorkerMetrics])
def test_no_metric_has_many_series(kind: type[ServiceMetrics]) -> None:
    for family in kind(CollectorRegistry()).families:
        assert len(list(family.combinations())) * (len(family.buckets) + 3) < MOST_SERIES, family.name


def test_every_reason_and_method_that_the_code_uses_is_known() -> None:
    gateway = "".join(path.read_text() for path in (ROOT / "services/gateway").rglob("*.py"))
    assert set(re.findall(r'answering\(context, "(\w+)"', gateway)) == set(labels.METHODS)
    assert set(re.findall(r'reason="([A-Z_]+)"', gateway)) <= set(labels.REASONS)
    assert labels.reason("NEVER_HEARD_OF") == labels.OTHER


def test_every_method_of_the_protos_is_known() -> None:
    files = (chat_pb2, image_pb2, job_pb2, operations_pb2)
    services = [service for file in files for service in file.DESCRIPTOR.services_by_name.values()]
    assert {method for service in services for method in service.methods_by_name} == set(labels.METHODS)


@pytest.mark.parametrize(
    ("pixels", "steps", "expected"),
    [
        (512 * 512, 20, ("small", "few")),
        (512 * 512 + 1, 21, ("medium", "usual")),
        (1024 * 1024, 50, ("medium", "usual")),
        (1024 * 1024 + 1, 51, ("large", "many")),
    ],
)
def test_classes_have_inclusive_limits(pixels: int, steps: int, expected: tuple[str, str]) -> None:
    assert (labels.size_class(pixels), labels.step_class(steps)) == expected
