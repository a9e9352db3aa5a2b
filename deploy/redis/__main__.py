"""`python -m deploy.redis get|up`: fetch redis-server if the host has none; run it in the foreground."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

from deploy.debian import PackageError
from deploy.redis.server import CACHE, command, environment, find


def main() -> int:
    """Parse the command line and do it; `up` becomes the server, so a supervisor's signals reach it."""
    parser = argparse.ArgumentParser(prog="python -m deploy.redis", description=__doc__)
    parser.add_argument("action", choices=("get", "up"))
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=6379)
    parser.add_argument("--data", type=Path, default=Path(".local/redis"), help="folder of the append-only file")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where fetched packages are unpacked")
    arguments = parser.parse_args()
    try:
        program = find(arguments.cache)
    except PackageError as error:
        print(f"redis: {error}", file=sys.stderr)
        return 1
    if arguments.action == "up":
        _become(program, arguments)
    print(program)
    return 0


def _become(program: Path, arguments: argparse.Namespace) -> NoReturn:
    arguments.data.mkdir(parents=True, exist_ok=True)
    line = command(program, port=arguments.port, folder=arguments.data.resolve(), host=arguments.host)
    os.execve(program, line, environment(program))  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    sys.exit(main())
