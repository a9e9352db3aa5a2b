from __future__ import annotations

import http.client
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Counter

from services.telemetry.exporter import Exporter, serve


@pytest.fixture
def missing() -> list[str]:
    return []


@pytest.fixture
def exporter(missing: list[str]) -> Iterator[Exporter]:
    registry = CollectorRegistry()
    Counter("wegen_seen", "Seen.", registry=registry)
    running = serve(0, registry, answers={"/ready": lambda: ", ".join(missing) or None})
    yield running
    running.close()


def ask(exporter: Exporter, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", exporter.port, timeout=5)
    connection.request("GET", path)
    response = connection.getresponse()
    answer = response.status, response.read().decode()
    connection.close()
    return answer


def test_an_answer_says_well_or_what_is_missing(exporter: Exporter, missing: list[str]) -> None:
    assert ask(exporter, "/ready") == (200, "well\n")
    missing.append("store: gone")
    assert ask(exporter, "/ready") == (503, "store: gone\n")


def test_metrics_are_where_they_were(exporter: Exporter, missing: list[str]) -> None:
    missing.append("store: gone")
    status, text = ask(exporter, "/metrics")
    assert status == 200
    assert "wegen_seen_total" in text
