"""What every store promises, on a directory and on a real S3."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest

from services.errors import InvalidArgumentError, NotFoundError
from services.storage import ObjectStore, StoreSettings, open_store
from tests.contract.servers.radosgw import S3Server

pytestmark = pytest.mark.contract
PNG = "image/png"
_buckets = itertools.count()


@pytest.fixture(params=["directory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "directory":
        return open_store(StoreSettings(store="directory", store_directory=tmp_path / "objects"))
    server: S3Server = request.getfixturevalue("s3_server")
    values = {
        "store": "s3",
        "s3_endpoint": f"127.0.0.1:{server.port}",
        "s3_access_key": server.access_key,
        "s3_secret_key": server.secret_key,
        "s3_secure": False,
        "s3_create_bucket": True,
        "s3_bucket": f"objects-{next(_buckets)}",
    }
    return open_store(StoreSettings.model_validate(values))


def test_an_object_comes_back_as_it_was_put(store: ObjectStore) -> None:
    data = bytes(range(256)) * 300
    store.put("a/images/1.png", data, PNG)
    assert store.get("a/images/1.png") == data
    info = store.stat("a/images/1.png")
    assert (info.name, info.size, info.content_type) == ("a/images/1.png", len(data), PNG)
    assert abs(datetime.now(UTC) - info.modified) < timedelta(minutes=1)


def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    store.put("a/images/empty.png", b"", PNG)
    assert store.get("a/images/empty.png") == b""


def test_put_replaces_and_put_new_does_not(store: ObjectStore) -> None:
    assert store.put_new("a/images/1.png", b"first", PNG) is True
    assert store.put_new("a/images/1.png", b"second", PNG) is False
    assert store.get("a/images/1.png") == b"first"
    store.put("a/images/1.png", b"third", PNG)
    assert store.get("a/images/1.png") == b"third"


def test_of_sixteen_writers_of_a_new_object_one_wins(store: ObjectStore) -> None:
    store.check()
    for turn in range(5):
        name = f"a/images/{turn}.png"
        with ThreadPoolExecutor(16) as pool:
            won = list(pool.map(lambda i, name=name: store.put_new(name, bytes([i]) * 2000, PNG), range(16)))
        assert won.count(True) == 1
        assert store.get(name) == bytes([won.index(True)]) * 2000


def test_what_is_not_there_is_not_found(store: ObjectStore) -> None:
    store.check()
    for ask in (store.get, store.stat):
        with pytest.raises(NotFoundError):
            ask("a/images/none.png")


def test_delete_leaves_nothing_and_may_be_repeated(store: ObjectStore) -> None:
    store.put("a/images/1.png", b"x", PNG)
    store.delete("a/images/1.png")
    store.delete("a/images/1.png")
    with pytest.raises(NotFoundError):
        store.get("a/images/1.png")


def test_list_names_what_begins_with_the_prefix(store: ObjectStore) -> None:
    for name in ("a/previews/1/0010.png", "a/previews/1/0020.png", "a/previews/10/0010.png", "b/images/1.png"):
        store.put(name, b"12345", PNG)
    found = list(store.list("a/previews/1/"))
    assert [(info.name, info.size) for info in found] == [("a/previews/1/0010.png", 5), ("a/previews/1/0020.png", 5)]
    assert len(list(store.list(""))) == 4
    assert list(store.list("c/")) == []


def test_a_plain_client_reads_the_url(store: ObjectStore) -> None:
    store.put("a/images/1.png", b"picture", PNG)
    with urlopen(store.url("a/images/1.png", timedelta(minutes=1))) as response:
        assert response.read() == b"picture"


@pytest.mark.parametrize(
    "name", ["", "../up.png", "a/../b.png", "/etc/passwd", "a//b.png", ".incoming/x", "a/b c", "ä.png"]
)
def test_a_name_that_leaves_the_store_is_refused(store: ObjectStore, name: str) -> None:
    for call in (
        store.get,
        store.stat,
        store.delete,
        lambda n: store.put(n, b"", PNG),
        lambda n: store.put_new(n, b"", PNG),
    ):
        with pytest.raises(InvalidArgumentError):
            call(name)
    with pytest.raises(InvalidArgumentError):
        store.url(name, timedelta(minutes=1))
