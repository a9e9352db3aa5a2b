from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local.settings import ROOT, StackSettings
from services.settings import SettingsError


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GATEWAY_ADDRESS", "TRITON_URL", "REDIS_URL", "STATE_DIRECTORY", "STORE_DIRECTORY", "DATABASE_URL"):
        monkeypatch.delenv(f"WEGEN_{name}", raising=False)


def test_defaults_are_the_services_own_addresses() -> None:
    settings = StackSettings.load()
    assert settings.state == ROOT / ".local"
    assert (settings.redis_port, settings.triton_grpc_port, settings.gateway_port) == (6379, 8001, 50051)


def test_environment_moves_the_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEGEN_GATEWAY_ADDRESS", "localhost:6000")
    monkeypatch.setenv("WEGEN_REDIS_URL", "redis://127.0.0.1:6001/3")
    settings = StackSettings.load()
    assert (settings.gateway_port, settings.redis_port) == (6000, 6001)
    assert settings.client_environment()["WEGEN_REDIS_URL"] == "redis://127.0.0.1:6001/3"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"triton_http_port": 70000}, "WEGEN_TRITON_HTTP_PORT: Input should be less than"),
        ({"start_timeout": -1}, "WEGEN_START_TIMEOUT: "),
        ({"gateway_address": "127.0.0.1"}, "WEGEN_GATEWAY_ADDRESS: '127.0.0.1' names no port"),
        ({"gateway_address": "127.0.0.1:many"}, "WEGEN_GATEWAY_ADDRESS: '127.0.0.1:many' has no usable port"),
        ({"redis_url": "redis://queue.example:6379/0"}, "WEGEN_REDIS_URL: the local stack listens on 127.0.0.1"),
        ({"triton_http_port": 6379}, "WEGEN_TRITON_HTTP_PORT: port 6379 is already that of Redis"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_it(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        StackSettings.load(**values)
    assert str(caught.value).startswith(sentence)


def test_store_and_database_lie_in_the_state_folder_unless_the_caller_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = StackSettings.load(state_directory=tmp_path)
    environment = settings.service_environment()
    assert environment["WEGEN_STORE_DIRECTORY"] == str(tmp_path / "store")
    assert environment["WEGEN_DATABASE_URL"] == f"sqlite:///{tmp_path}/jobs.db"
    monkeypatch.setenv("WEGEN_DATABASE_URL", "postgresql://db/wegen")
    assert settings.service_environment()["WEGEN_DATABASE_URL"] == "postgresql://db/wegen"
