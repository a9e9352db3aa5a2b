from __future__ import annotations

import pytest

from services.settings import SettingsError
from services.worker.settings import WorkerSettings


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEGEN_WORKER_THREADS", "3")
    monkeypatch.setenv("WEGEN_JOB_LEASE_S", "7.5")
    settings = WorkerSettings.load()
    assert (settings.worker_threads, settings.job_lease_s) == (3, 7.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEGEN_WORKER_THREADS", "0"),
        ("WEGEN_REDIS_URL", "http://redis"),
        ("WEGEN_STORE", "tape"),
        ("WEGEN_JOB_LEASE_S", "x"),
    ],
)
def test_a_wrong_value_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as wrong:
        WorkerSettings.load()
    assert str(wrong.value).startswith(f"{name}: ")
    assert "\n" not in str(wrong.value)
