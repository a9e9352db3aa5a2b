"""`python -m deploy.s3 get|up`: fetch Ceph's radosgw without installing it; run S3 in the foreground."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType

from deploy.debian import PackageError
from deploy.s3.cluster import Cluster, ClusterError
from deploy.s3.install import CACHE, install
from deploy.s3.layout import Layout


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.s3",
        description=__doc__,
        epilog="S3's keys come from WEGEN_S3_ACCESS_KEY and WEGEN_S3_SECRET_KEY (default: wegen, wegen-local-secret).",
    )
    parser.add_argument("action", choices=("get", "up"))
    parser.add_argument("--port", type=int, default=9000, help="S3's port")
    parser.add_argument("--inner-port", type=int, help="first of nine ports of the cluster itself (default: port + 1)")
    parser.add_argument("--backend", choices=("memstore", "bluestore"), default="bluestore")
    parser.add_argument("--data", type=Path, default=Path(".local/s3"))
    parser.add_argument("--cache", type=Path, default=CACHE)
    return parser.parse_args()


def _layout(arguments: argparse.Namespace) -> Layout:
    return Layout(
        folder=arguments.data.resolve(),
        port=arguments.port,
        inner_port=arguments.inner_port or arguments.port + 1,
        access_key=os.environ.get("WEGEN_S3_ACCESS_KEY", "wegen"),
        secret_key=os.environ.get("WEGEN_S3_SECRET_KEY", "wegen-local-secret"),
        backend=arguments.backend,
    )


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _run(cluster: Cluster) -> int:
    try:
        cluster.start()
        print(f"s3: ready on http://127.0.0.1:{cluster.layout.port}", flush=True)
        ended = cluster.wait()
    finally:
        cluster.stop()
    print(f"s3: {ended} ended: see {cluster.layout.folder / ended}.err", file=sys.stderr)
    return 1


def main() -> int:
    """Parse the command line and do it."""
    arguments = _arguments()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    try:
        installation = install(arguments.cache)
        if arguments.action == "get":
            print(installation.prefix)
            return 0
        layout = _layout(arguments)
        # What memstore held is gone with its process, and a cluster without its objects does not start.
        if layout.backend == "memstore":
            shutil.rmtree(layout.folder, ignore_errors=True)
        return _run(Cluster(layout, installation))
    except (PackageError, ClusterError) as error:
        print(f"s3: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
