"""`python -m deploy.postgres get|up`: fetch PostgreSQL if the host has none; run it in the foreground."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

from deploy.debian import PackageError
from deploy.postgres.server import CACHE, Cluster, PostgresError, account, find


def main() -> int:
    """Parse the command line and do it; `up` becomes the server, so a supervisor's signals reach it."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.postgres",
        description=__doc__,
        epilog="The password comes from WEGEN_POSTGRES_PASSWORD (default: wegen-local-secret).",
    )
    parser.add_argument("action", choices=("get", "up"))
    parser.add_argument("--port", type=int, default=5432)
    parser.add_argument("--data", type=Path, default=Path(".local/postgres"))
    parser.add_argument("--cache", type=Path, default=CACHE, help="where fetched packages are unpacked")
    arguments = parser.parse_args()
    try:
        programs = find(arguments.cache)
        if arguments.action == "get":
            print(programs)
            return 0
        password = os.environ.get("WEGEN_POSTGRES_PASSWORD", "wegen-local-secret")
        cluster = Cluster(programs, arguments.data.resolve(), arguments.port, password)
        cluster.make()
    except (PackageError, PostgresError) as error:
        print(f"postgres: {error}", file=sys.stderr)
        return 1
    return _become(cluster)


def _become(cluster: Cluster) -> NoReturn:
    owner = account()
    if owner:
        os.setgroups([])
        os.setgid(owner.pw_gid)
        os.setuid(owner.pw_uid)
    line = cluster.command()
    os.chdir(cluster.folder)
    os.execve(line[0], line, cluster.environment())  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    sys.exit(main())
