from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from services.gateway.assembly import _sender
from services.gateway.settings import GatewaySettings
from services.settings import SettingsError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEGEN_GATEWAY_MAX_CHATS", "0"),
        ("WEGEN_GATEWAY_ADDRESS", "nowhere"),
        ("WEGEN_GATEWAY_REWRITE_SIMILARITY", "2"),
        ("WEGEN_GATEWAY_METRICS_PORT", "70000"),
        ("WEGEN_TENANT", "A/B"),
        ("WEGEN_GATEWAY_GRACE", "soon"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        GatewaySettings.load()
    assert str(caught.value).startswith(f"{name}: ")
    assert "\n" not in str(caught.value)


def test_a_file_without_certificates_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing of the kind")
    for name in ("ca.pem", "none.pem"):
        settings = GatewaySettings(webhook_secret=SecretStr("s"), webhook_ca_file=tmp_path / name)
        with pytest.raises(SettingsError, match="WEGEN_WEBHOOK_CA_FILE"):
            _sender(settings)


def test_a_password_in_a_wrong_address_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEGEN_REDIS_URL", "http://:hush@redis:6379")
    with pytest.raises(SettingsError, match="WEGEN_REDIS_URL") as caught:
        GatewaySettings.load()
    assert "hush" not in str(caught.value)


def test_a_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEGEN_STORE", "s3")
    monkeypatch.setenv("WEGEN_S3_SECRET_KEY", "hush")
    with pytest.raises(SettingsError) as caught:
        GatewaySettings.load()
    assert "hush" not in str(caught.value)
    assert "WEGEN_S3_ENDPOINT" in str(caught.value)
