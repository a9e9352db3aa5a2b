"""One real PostgreSQL for the test session."""

from __future__ import annotations

import itertools
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from deploy.postgres.server import Cluster, find
from tests.contract.servers.ports import free_port

_numbers = itertools.count()


@dataclass
class PostgresServer:
    """Started and stopped at will; what it holds stays."""

    cluster: Cluster
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = self.cluster.spawn()
        deadline = time.monotonic() + 60
        while not self._answers():
            assert self.process.poll() is None, (self.cluster.folder / "log").read_text()[-2000:]
            assert time.monotonic() < deadline, "PostgreSQL does not answer"
            time.sleep(0.05)

    def stop(self) -> None:
        """At once: connections are broken, as in a restart that waits for nobody."""
        if self.process:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)
            self.process = None

    def database(self) -> str:
        """The URL of an empty database of its own."""
        name = f"test{next(_numbers)}"
        with psycopg.connect(self._plain, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.cluster.url.removesuffix("/postgres") + f"/{name}"

    @property
    def _plain(self) -> str:
        return self.cluster.url.replace("+psycopg", "")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._plain, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    # Not pytest's own folder, which is closed to the account the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="wegen-postgres-"))
    server = PostgresServer(Cluster(find(), folder, free_port(), "contract-test", durable=False))
    try:
        server.cluster.make()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
