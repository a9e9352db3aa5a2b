from __future__ import annotations

import pytest

from services.settings import SettingsError
from services.telemetry.settings import TraceSettings


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("", ""),
        ("http://collector:4318/", "http://collector:4318"),
        ("https://traces.example/otlp", "https://traces.example/otlp"),
        ("http://collector:4318/v1/traces", "http://collector:4318"),
    ],
)
def test_an_endpoint_is_a_base_url(given: str, kept: str) -> None:
    assert TraceSettings.load(traces_endpoint=given).traces_endpoint == kept


@pytest.mark.parametrize("wrong", ["collector:4318", "grpc://collector:4317", "http://", "http://c:99999"])
def test_a_wrong_endpoint_is_one_sentence_that_names_it(wrong: str) -> None:
    with pytest.raises(SettingsError, match=r"^WEGEN_TRACES_ENDPOINT: ") as error:
        TraceSettings.load(traces_endpoint=wrong)
    assert "\n" not in str(error.value)


def test_a_ratio_is_a_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEGEN_TRACES_RATIO", "1.5")
    with pytest.raises(SettingsError, match=r"^WEGEN_TRACES_RATIO: "):
        TraceSettings.load()
