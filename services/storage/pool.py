"""HTTP connections to S3, with bounded time and retries."""

from __future__ import annotations

import os
from dataclasses import dataclass

import certifi
import urllib3


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one call may take: seconds to connect, seconds between bytes, and tries after the first."""

    connect_s: float = 2.0
    read_s: float = 10.0
    retries: int = 2


def open_pool(patience: Patience, headers: dict[str, str] | None = None) -> urllib3.PoolManager:
    """A pool for many threads. `headers` go with every request beside the signed ones.

    All of S3's calls we make may be repeated, a conditional put too: it then says that the object is there.
    """
    pool_class = urllib3.PoolManager if headers is None else _WithHeaders
    pool = pool_class(
        maxsize=16,
        timeout=urllib3.Timeout(connect=patience.connect_s, read=patience.read_s),
        retries=urllib3.Retry(
            total=patience.retries, backoff_factor=0.1, status_forcelist=(500, 502, 503, 504), allowed_methods=None
        ),
        cert_reqs="CERT_REQUIRED",
        # As minio-py itself has it: authorities of the operator's own, by the name that OpenSSL knows.
        ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
    )
    if isinstance(pool, _WithHeaders):
        pool.extra = headers or {}
    return pool


class _WithHeaders(urllib3.PoolManager):
    """Adds headers for which minio-py has no argument. Signature version 4 lets unsigned headers pass."""

    extra: dict[str, str]

    def urlopen(  # type: ignore[override] # urllib3 types its keywords loosely
        self,
        method: str,
        url: str,
        redirect: bool = True,  # noqa: FBT001, FBT002 - as in urllib3
        **options: object,
    ) -> urllib3.BaseHTTPResponse:
        headers = urllib3.HTTPHeaderDict(options.pop("headers", None))  # type: ignore[arg-type]
        headers.update(self.extra)
        return super().urlopen(method, url, redirect, headers=headers, **options)
