"""Find or fetch redis-server, and the command line that makes it fit for a job queue."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from deploy.debian import fetch

CACHE = Path(".cache/redis")
PACKAGES = ("redis-server", "redis-tools")


def find(cache: Path = CACHE) -> Path:
    """The redis-server program: from PATH, from `cache`, or fetched into it. `PackageError` where it cannot be had."""
    installed = shutil.which("redis-server")
    return Path(installed) if installed else fetch(PACKAGES, cache.resolve()) / "usr/bin/redis-server"


def environment(program: Path) -> dict[str, str]:
    """The process environment with the libraries that were unpacked beside `program`."""
    prefix = program.parent.parent.parent
    folders = [str(folder) for base in ("usr/lib", "lib") for folder in sorted((prefix / base).glob("*-linux-gnu"))]
    if not folders or prefix == Path("/"):
        return dict(os.environ)
    known = os.environ.get("LD_LIBRARY_PATH")
    return {**os.environ, "LD_LIBRARY_PATH": ":".join([*folders, *([known] if known else [])])}


def command(program: Path, *, port: int, folder: Path, host: str = "127.0.0.1") -> list[str]:
    """Arguments for a queue: what was acknowledged survives a crash but for a second, and nothing is evicted."""
    return [
        str(program),
        *("--port", str(port)),
        *("--bind", host),
        *("--dir", str(folder)),
        *("--appendonly", "yes"),
        *("--appendfsync", "everysec"),
        *("--save", ""),
        *("--maxmemory-policy", "noeviction"),
        *("--daemonize", "no"),
    ]
