"""One call to a webhook."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import certifi
import urllib3

from services.gateway.orders.naming import operation_name
from services.gateway.webhook.address import ForbiddenAddressError, Lookup, Network, Target, looked_up, resolved, target
from services.jobs.order import Operation

_TIMEOUT = urllib3.Timeout(connect=5, read=10)


class CallFailedError(Exception):
    """The receiver did not take it; the message is for our log."""


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over timestamp, a dot and body, in hexadecimal: receivers compute the same."""
    return hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def trusting(authorities: Path | None) -> ssl.SSLContext:
    """Whose certificates are believed: the public authorities', and those in the PEM file `authorities`.

    OSError: the file cannot be read or holds no certificate.
    """
    context = ssl.create_default_context(cafile=certifi.where())
    if authorities:
        context.load_verify_locations(authorities)
    return context


class Sender:
    """Blocking and thread-safe. `plain` allows http, which is for networks of one's own."""

    def __init__(
        self,
        secret: bytes,
        *,
        allowed: tuple[Network, ...] = (),
        plain: bool = False,
        trust: ssl.SSLContext | None = None,
        lookup: Lookup = looked_up,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._secret, self._allowed, self._clock = secret, allowed, clock
        self._trust, self._lookup = trust or trusting(None), lookup
        self.plain = plain

    def call(self, operation: Operation) -> None:
        """Tell `operation`'s webhook that it has ended. CallFailedError unless the receiver answers 2xx itself."""
        where = target(operation.webhook or "", plain=self.plain)
        try:
            address = resolved(where, self._allowed, self._lookup)
            status = self._post(where, address, _body(operation), operation.id)
        except (ForbiddenAddressError, OSError, urllib3.exceptions.HTTPError) as error:
            raise CallFailedError(type(error).__name__) from error
        if not 200 <= status < 300:
            # A redirect too: it could lead inside.
            raise CallFailedError(f"it answered {status}")

    def _post(self, where: Target, address: str, body: bytes, delivery: str) -> int:
        timestamp = str(int(self._clock()))
        headers = {
            "Host": where.host if where.port in (80, 443) else f"{where.host}:{where.port}",
            "Content-Type": "application/json",
            "User-Agent": "wegen-serve",
            "Wegen-Delivery": delivery,
            "Wegen-Timestamp": timestamp,
            "Wegen-Signature": f"v1={signature(self._secret, timestamp, body)}",
        }
        with _pool(where, address, self._trust) as pool:
            answer = pool.request(
                "POST", where.path, body=body, headers=headers, retries=False, redirect=False, preload_content=False
            )
            answer.close()
            return answer.status


def _pool(where: Target, address: str, trust: ssl.SSLContext) -> urllib3.HTTPConnectionPool:
    """To the address that was checked; the certificate is the name's."""
    if not where.secure:
        return urllib3.HTTPConnectionPool(address, where.port, timeout=_TIMEOUT, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        address,
        where.port,
        timeout=_TIMEOUT,
        maxsize=1,
        cert_reqs="CERT_REQUIRED",
        ssl_context=trust,
        server_hostname=where.host,
        assert_hostname=where.host,
    )


def _body(operation: Operation) -> bytes:
    ended = operation.finished_at.isoformat() if operation.finished_at else None
    told = {"name": operation_name(operation.id), "state": operation.state.value, "end_time": ended}
    return json.dumps(told, separators=(",", ":")).encode()
