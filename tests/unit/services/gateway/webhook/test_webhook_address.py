from __future__ import annotations

import contextlib
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import InvalidArgumentError
from services.gateway.webhook.address import ForbiddenAddressError, Lookup, Target, resolved, target

SOMEWHERE = Target("hooks.example", 443, "/", secure=True)


def _lookup(*addresses: str) -> Lookup:
    return lambda _host, _port: list(addresses)


def test_an_address_is_taken_apart() -> None:
    where = target("https://hooks.example:8443/a/b?c=d", plain=False)
    assert where == Target("hooks.example", 8443, "/a/b?c=d", secure=True)


BAD = ["", "hooks.example", "http://hooks.example/", "ftp://x/", "https://", "https://u:p@x/", "https://x/#f"]
BAD += ["https://x:y/", "https://x/ y", "https://x/\r\nHost: y", "https://x/" + "a" * 2048]


@pytest.mark.parametrize("uri", BAD)
def test_what_is_no_https_address_is_refused(uri: str) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        target(uri, plain=False)
    assert refused.value.field == "webhook.uri"


@given(st.text(max_size=60))
def test_any_text_is_a_target_or_a_wrong_field(text: str) -> None:
    with contextlib.suppress(InvalidArgumentError):
        assert target(f"https://{text}", plain=False).host


INSIDE = ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"]
INSIDE += [
    "::1",
    "fe80::1",
    "fc00::1",
    "::ffff:127.0.0.1",
    "2002:7f00:1::",
    "64:ff9b:1::1",
    "64:ff9b::7f00:1",
    "255.255.255.255",
]


@pytest.mark.parametrize("address", INSIDE)
def test_no_address_inside_is_called(address: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        resolved(SOMEWHERE, (), _lookup(address))


def test_one_address_inside_spoils_the_name() -> None:
    with pytest.raises(ForbiddenAddressError):
        resolved(SOMEWHERE, (), _lookup("93.184.216.34", "127.0.0.1"))
    assert resolved(SOMEWHERE, (), _lookup("93.184.216.34")) == "93.184.216.34"


def test_an_operator_may_allow_a_network() -> None:
    allowed = (ipaddress.ip_network("10.1.0.0/16"),)
    assert resolved(SOMEWHERE, allowed, _lookup("10.1.2.3")) == "10.1.2.3"
    with pytest.raises(ForbiddenAddressError):
        resolved(SOMEWHERE, allowed, _lookup("10.2.2.3"))
