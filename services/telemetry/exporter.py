"""Serving a registry's metrics over HTTP, for Prometheus to fetch, and short answers for whoever asks how it feels."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from wsgiref.simple_server import WSGIServer
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from prometheus_client import CollectorRegistry, start_http_server

Answer = Callable[[], str | None]
"""None for well, otherwise a few words on what is missing."""


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


def serve(
    port: int,
    registry: CollectorRegistry,
    *,
    address: str = "127.0.0.1",
    answers: Mapping[str, Answer] = MappingProxyType({}),
) -> Exporter:
    """Serve `registry` at http://`address`:`port`/metrics from a daemon thread; port 0 picks a free one.

    `answers` by their paths say 200, or 503 with what is missing.

    Raises:
        ExporterError: the port is in use, forbidden, or the address is not this machine's.
    """
    try:
        server, thread = start_http_server(port, addr=address, registry=registry)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ExporterError(f"metrics cannot be served on {address}:{port}: {reason.lower()}") from error
    if answers and (metrics := server.get_app()):
        server.set_app(_answering(answers, metrics))
    return Exporter(server, thread)


def _answering(answers: Mapping[str, Answer], metrics: WSGIApplication) -> WSGIApplication:
    def application(environment: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        answer = answers.get(environment["PATH_INFO"])
        if answer is None:
            return metrics(environment, start)
        missing = answer()
        status = HTTPStatus.SERVICE_UNAVAILABLE if missing else HTTPStatus.OK
        start(f"{status.value} {status.phrase}", [("Content-Type", "text/plain; charset=utf-8")])
        return [f"{missing or 'well'}\n".encode()]

    return application
