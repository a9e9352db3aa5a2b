from __future__ import annotations

from pathlib import Path

import pytest

from deploy.debian import PackageError, fetch


def test_a_host_without_apt_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PackageError, match="on Debian or Ubuntu only"):
        fetch(("redis-server",), tmp_path / "cache")


def test_what_is_there_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = tmp_path / "prefix"
    prefix.mkdir()
    (prefix / "complete").touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert fetch(("redis-server",), tmp_path) == prefix
