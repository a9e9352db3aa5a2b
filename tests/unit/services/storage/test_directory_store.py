"""What a directory has that S3 has not: a file system that fails. The common promises are in tests/contract."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from services.errors import UnavailableError
from services.storage import DirectoryStore


def test_a_root_that_cannot_be_a_directory_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = DirectoryStore(tmp_path / "file")
    for call in (
        store.check,
        lambda: store.put("a/b.png", b"", "image/png"),
        lambda: store.put_new("a/b.png", b"", "image/png"),
    ):
        with pytest.raises(UnavailableError) as down:
            call()
        assert down.value.dependency == "store"


def test_nothing_is_left_of_a_put_that_lost(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.put("a/1.png", b"x", "image/png")
    store.put_new("a/1.png", b"y", "image/png")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["1.png"]


def test_a_url_is_the_files_own(tmp_path: Path) -> None:
    assert DirectoryStore(tmp_path).url("a/1.png", timedelta(1)) == (tmp_path / "a/1.png").as_uri()
