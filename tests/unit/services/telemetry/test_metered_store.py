from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from services.errors import NotFoundError, UnavailableError
from services.telemetry.metered_store import MeteredStore
from services.telemetry.worker_metrics import WorkerMetrics
from tests.unit.services.worker.conftest import FlakyStore


def test_calls_are_measured_and_only_silence_is_an_error(tmp_path: Path) -> None:
    metrics, inner = WorkerMetrics(CollectorRegistry()), FlakyStore(tmp_path)
    store = MeteredStore(inner, metrics.store_seconds, metrics.store_errors)

    def counted(series: str, call: str) -> float:
        return metrics.registry.get_sample_value(f"wegen_worker_store_{series}", {"call": call}) or 0

    assert store.put_new("default/images/a.png", b"a", "image/png")
    assert not store.put_new("default/images/a.png", b"b", "image/png")
    assert [one.name for one in store.list("default/")] == ["default/images/a.png"]
    with pytest.raises(NotFoundError):
        store.get("default/images/none.png")
    inner.failures = 1
    with pytest.raises(UnavailableError):
        store.put_new("default/images/c.png", b"c", "image/png")
    assert [counted("seconds_count", call) for call in ("put_new", "get", "list", "put")] == [3, 1, 1, 0]
    assert [counted("errors_total", call) for call in ("put_new", "get")] == [1, 0]
