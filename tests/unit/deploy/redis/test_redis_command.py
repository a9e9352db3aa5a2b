from __future__ import annotations

from pathlib import Path

from deploy.redis.server import command


def test_a_queue_is_kept_on_disk_and_never_evicted() -> None:
    line = command(Path("/usr/bin/redis-server"), port=18399, folder=Path("/data"))
    options = dict(zip(line[1::2], line[2::2], strict=True))
    wanted = {"--appendonly": "yes", "--appendfsync": "everysec", "--save": "", "--maxmemory-policy": "noeviction"}
    assert wanted.items() <= options.items()
    assert options["--bind"] == "127.0.0.1"
