"""`python -m deploy.healthprobe TARGET`: status 0 if what runs in this container answers, 1 and one sentence if not.

TARGET is grpc://HOST:PORT, asked by grpc.health.v1 for its overall state, or http://HOST:PORT/PATH, which must say 200.
"""

from __future__ import annotations

import argparse
import http.client
import sys
from urllib.parse import SplitResult, urlsplit

TIMEOUT_S = 5.0


class UnhealthyError(Exception):
    """No answer, or one that says no; the message is one sentence."""


def probe(target: str, timeout_s: float = TIMEOUT_S) -> None:
    """Return if `target` is healthy; UnhealthyError if not, ValueError for a target of another form."""
    parts = urlsplit(target)
    if parts.scheme not in {"grpc", "http"} or not parts.netloc:
        raise ValueError(f"{target!r} is neither grpc://HOST:PORT nor http://HOST:PORT/PATH")
    if parts.scheme == "grpc":
        _ask_grpc(parts.netloc, timeout_s)
    else:
        _ask_http(parts, timeout_s)


def main(arguments: list[str] | None = None) -> int:
    """For a HEALTHCHECK: the process's exit status."""
    parser = argparse.ArgumentParser(prog="python -m deploy.healthprobe", description=__doc__)
    parser.add_argument("target")
    try:
        probe(parser.parse_args(arguments).target)
    except ValueError as error:
        parser.error(str(error))
    except UnhealthyError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _ask_http(parts: SplitResult, timeout_s: float) -> None:
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout_s)
    try:
        connection.request("GET", parts.path or "/")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise UnhealthyError(f"{parts.geturl()}: {error}") from error
    finally:
        connection.close()
    if status != http.client.OK:
        raise UnhealthyError(f"{parts.geturl()}: status {status}")


def _ask_grpc(address: str, timeout_s: float) -> None:
    # only here: Triton's and the worker's images are asked over HTTP
    import grpc  # noqa: PLC0415
    from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: PLC0415

    with grpc.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            status = stub.Check(health_pb2.HealthCheckRequest(), timeout=timeout_s).status
        except grpc.RpcError as error:
            raise UnhealthyError(f"{address}: {error.code().name}") from error
    if status != health_pb2.HealthCheckResponse.SERVING:
        raise UnhealthyError(f"{address}: {health_pb2.HealthCheckResponse.ServingStatus.Name(status)}")


if __name__ == "__main__":
    sys.exit(main())
