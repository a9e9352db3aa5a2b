from __future__ import annotations

from pathlib import Path

from deploy.postgres.server import Cluster


def _settings(line: list[str]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in line if "=" in word)


def test_only_this_machine_can_connect() -> None:
    cluster = Cluster(Path("/opt/usr/lib/postgresql/15/bin"), Path("/data"), 18432, "secret")
    settings = _settings(cluster.command())
    assert settings == {
        "port": "18432",
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "/data",
        "fsync": "on",
    }


def test_the_password_is_not_on_the_command_line() -> None:
    cluster = Cluster(Path("/opt/usr/lib/postgresql/15/bin"), Path("/data"), 18432, "secret")
    assert "secret" not in " ".join(cluster.command())
    assert "secret" not in repr(cluster)
