"""A collector of traces, OTLP over HTTP, that keeps them in memory."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from bench.trace import wire
from bench.trace.span import Span

_LOOK_S = 0.05


class Collector:
    """Listens on 127.0.0.1 while open; `raw` holds the bodies as they came."""

    def __init__(self, port: int = 0) -> None:
        self.raw: list[bytes] = []
        self._spans: list[Span] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_LOOK_S,), daemon=True)

    @property
    def endpoint(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def spans(self) -> list[Span]:
        """All that have come so far."""
        with self._lock:
            return list(self._spans)

    def trace(self, trace_id: str) -> list[Span]:
        """The spans of one trace that have come so far, by their beginning."""
        return sorted((span for span in self.spans if span.trace == trace_id), key=lambda span: span.start)

    def wait(self, done: Callable[[list[Span]], bool], seconds: float) -> list[Span]:
        """All spans once they are `done`; TimeoutError names those that came."""
        end = time.monotonic() + seconds
        while not done(spans := self.spans):
            if time.monotonic() > end:
                raise TimeoutError(f"of the spans only these came: {sorted({span.name for span in spans})}")
            time.sleep(_LOOK_S)
        return spans

    def take(self, body: bytes, content_type: str) -> None:
        """Keep one export; WireError."""
        spans = wire.spans(wire.request(body, content_type))
        with self._lock:
            self.raw.append(body)
            self._spans += spans

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take = self.take

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                status = 200 if self.path == "/v1/traces" else 404
                try:
                    if status == 200:
                        take(body, self.headers.get("Content-Type", ""))
                except wire.WireError:
                    status = 400
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Nothing is logged."""

        return Handler
