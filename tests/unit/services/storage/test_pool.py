from __future__ import annotations

import certifi
import pytest

from services.storage.pool import Patience, open_pool


def test_authorities_of_the_operators_own_stand_in_place_of_the_public_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    assert open_pool(Patience()).connection_pool_kw["ca_certs"] == certifi.where()
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/wegen/trust/ca.crt")
    assert open_pool(Patience()).connection_pool_kw["ca_certs"] == "/etc/wegen/trust/ca.crt"
