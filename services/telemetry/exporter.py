"""Serving a registry's metrics over HTTP, for Prometheus to fetch."""

from __future__ import annotations

import threading
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server


class ExporterError(RuntimeError):
    """The metrics port cannot be opened; the message is one sentence for the operator."""


class Exporter:
    """A running metrics server; `port` is the one really bound."""

    def __init__(self, server: WSGIServer, thread: threading.Thread) -> None:
        self._server = server
        self._thread = thread
        self.port: int = server.server_port

    def close(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def serve(port: int, registry: CollectorRegistry, *, address: str = "127.0.0.1") -> Exporter:
    """Serve `registry` at http://`address`:`port`/metrics from a daemon thread; port 0 picks a free one.

    Raises:
        ExporterError: the port is in use, forbidden, or the address is not this machine's.
    """
    try:
        server, thread = start_http_server(port, addr=address, registry=registry)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ExporterError(f"metrics cannot be served on {address}:{port}: {reason.lower()}") from error
    return Exporter(server, thread)
