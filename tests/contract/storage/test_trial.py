"""The trial of a store: a good one passes, one that breaks a promise is found out."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from services.errors import UnavailableError
from services.storage import DirectoryStore
from services.storage.trial import TENANT, Trial
from tests.contract.servers.radosgw import S3Server


class Careless(DirectoryStore):
    """Takes a conditional put for a plain one."""

    def put_new(self, name: str, data: bytes, content_type: str) -> bool:
        self.put(name, data, content_type)
        return True


class Forgetful(DirectoryStore):
    """Lists nothing, gives nothing away, deletes nothing."""

    def list(self, prefix: str) -> object:  # type: ignore[override]
        return iter(())

    def delete(self, name: str) -> None:
        pass

    def url(self, name: str, expires: timedelta) -> str:
        return "http://127.0.0.1:1/" + name


class Down(DirectoryStore):
    def put(self, name: str, data: bytes, content_type: str) -> None:
        raise UnavailableError("store", "no proper answer")


def _broken(store: DirectoryStore) -> dict[str, str]:
    found = Trial(store, rounds=3).run()
    return {finding.promise.split()[-1]: finding.problem for finding in found if finding.problem}


def test_a_directory_keeps_all_and_nothing_is_left(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    assert _broken(store) == {}
    assert list(store.list("")) == []


def test_what_is_broken_is_named(tmp_path: Path) -> None:
    assert _broken(Careless(tmp_path / "a")) == {"wins": "16 writers won in round 1"}
    forgetful = _broken(Forgetful(tmp_path / "b"))
    assert forgetful.keys() == {"written", "only", "gone"}
    assert "cannot be reached from here" in forgetful["only"]
    assert set(_broken(Down(tmp_path / "c")).values()) == {"store is unavailable: no proper answer"}


@pytest.mark.parametrize("wrong", [False, True])
def test_the_command_tries_a_real_s3(s3_server: S3Server, *, wrong: bool) -> None:
    environment = {
        "WEGEN_STORE": "s3",
        "WEGEN_S3_ENDPOINT": f"127.0.0.1:{s3_server.port}",
        "WEGEN_S3_ACCESS_KEY": s3_server.access_key,
        "WEGEN_S3_SECRET_KEY": "wrong" if wrong else s3_server.secret_key,
        "WEGEN_S3_SECURE": "false",
        "WEGEN_S3_CREATE_BUCKET": "true",
        "WEGEN_S3_BUCKET": "trial",
    }
    command = [sys.executable, "-m", "services.storage", "check", "--rounds", "3"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if wrong:
        assert (done.returncode, done.stdout) == (1, "")
        assert "S3 refuses our keys" in done.stderr
    else:
        assert done.returncode == 0, done.stdout
        assert done.stdout.count("kept") == 5
    assert TENANT not in done.stdout
