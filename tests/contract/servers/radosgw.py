"""One real S3 for the test session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from deploy.s3.cluster import Cluster
from deploy.s3.install import install
from deploy.s3.layout import Layout
from tests.contract.servers.ports import free_ports


@dataclass(frozen=True)
class S3Server:
    port: int
    access_key: str
    secret_key: str


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    port = free_ports(10)[0]
    layout = Layout(
        folder=tmp_path_factory.mktemp("s3"),
        port=port,
        inner_port=port + 1,
        access_key="contract-test",
        secret_key="contract-test-secret",
        lifecycle_day_s=2,
    )
    cluster = Cluster(layout, install())
    try:
        cluster.start()
        yield S3Server(port, layout.access_key, layout.secret_key)
    finally:
        # Nobody wants what it holds, and its gateway takes ten seconds to let go of it.
        cluster.stop(0)
