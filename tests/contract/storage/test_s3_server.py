"""What only S3 has: keys, presigned URLs, a network."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from services.errors import UnavailableError
from services.storage import ObjectStore, S3Store, StoreSettings, open_store
from tests.contract.servers.ports import free_port
from tests.contract.servers.proxy import Wire
from tests.contract.servers.radosgw import S3Server

pytestmark = pytest.mark.contract
NAME = "a/images/1.png"


@pytest.fixture
def opened(s3_server: S3Server) -> Callable[..., ObjectStore]:
    def make(**changes: object) -> ObjectStore:
        values = {
            "store": "s3",
            "s3_endpoint": f"127.0.0.1:{s3_server.port}",
            "s3_access_key": s3_server.access_key,
            "s3_secret_key": s3_server.secret_key,
            "s3_secure": False,
            "s3_create_bucket": True,
            "s3_bucket": "server",
        }
        return open_store(StoreSettings.model_validate(values | changes))

    return make


@pytest.fixture
def wire(s3_server: S3Server) -> Iterator[Wire]:
    wire = Wire(free_port(), s3_server.port)
    yield wire
    wire.cut()


def _status(url: str) -> int:
    try:
        with urlopen(url) as response:
            return int(response.status)
    except HTTPError as error:
        with error:
            return error.code


def test_a_presigned_url_is_for_one_object_for_a_time(opened: Callable[..., ObjectStore]) -> None:
    store = opened()
    store.put(NAME, b"picture", "image/png")
    short = store.url(NAME, timedelta(seconds=1))
    url = store.url(NAME, timedelta(minutes=1))
    assert _status(url) == 200
    assert _status(url.replace("1.png", "2.png")) == 403
    assert _status(url.replace("X-Amz-Expires=60", "X-Amz-Expires=6000")) == 403
    assert _status(url.split("?")[0]) == 403
    time.sleep(2.1)
    assert _status(short) == 403


def test_a_presigned_url_names_the_public_host(opened: Callable[..., ObjectStore], wire: Wire) -> None:
    store = opened(s3_public_endpoint=f"localhost:{wire.port}", s3_public_secure=False)
    store.put(NAME, b"picture", "image/png")
    url = store.url(NAME, timedelta(minutes=1))
    assert url.startswith(f"http://localhost:{wire.port}/")
    assert _status(url) == 200
    assert _status(url.replace("localhost", "127.0.0.1")) == 403


@pytest.mark.parametrize("key", ["s3_access_key", "s3_secret_key"])
def test_wrong_keys_are_told_without_being_shown(opened: Callable[..., ObjectStore], key: str) -> None:
    opened().check()
    store = opened(**{key: "not-this-one"})
    for call in (store.check, lambda: store.get(NAME), lambda: store.put_new(NAME, b"", "image/png")):
        with pytest.raises(UnavailableError) as refused:
            call()
        assert refused.value.dependency == "store"
        assert "not-this-one" not in str(refused.value)


def test_a_missing_bucket_is_made_only_where_allowed(opened: Callable[..., ObjectStore]) -> None:
    with pytest.raises(UnavailableError, match="bucket never-made does not exist"):
        opened(s3_bucket="never-made", s3_create_bucket=False).check()
    with pytest.raises(UnavailableError, match="bucket never-made does not exist"):
        opened(s3_bucket="never-made", s3_create_bucket=False).put(NAME, b"", "image/png")
    opened(s3_bucket="made-now").put(NAME, b"", "image/png")
    opened(s3_bucket="made-now").check()


def test_a_store_that_is_down_is_named_and_comes_back(
    opened: Callable[..., ObjectStore], wire: Wire, s3_server: S3Server
) -> None:
    store = opened(s3_endpoint=f"127.0.0.1:{wire.port}", s3_connect_timeout_s=0.5, s3_retries=1)
    store.put(NAME, b"before", "image/png")
    wire.cut()
    for call in (
        store.check,
        lambda: store.get(NAME),
        lambda: store.put(NAME, b"", "image/png"),
        lambda: list(store.list("")),
    ):
        with pytest.raises(UnavailableError) as down:
            call()
        assert down.value.dependency == "store"
        assert s3_server.access_key not in str(down.value)
    wire.join()
    assert store.get(NAME) == b"before"


def test_objects_expire_by_their_prefix(opened: Callable[..., ObjectStore]) -> None:
    store = opened(s3_bucket="expiring")
    assert isinstance(store, S3Store)
    kept, old = "a/references/1.png", NAME
    for name in (kept, old):
        store.put(name, b"x", "image/png")
    store.expire({"a/images/": 1})
    deadline = time.monotonic() + 60
    while [found.name for found in store.list("")] != [kept]:
        assert time.monotonic() < deadline
        time.sleep(0.5)
