"""The probe of the images' HEALTHCHECK, against real servers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent import futures
from http.server import BaseHTTPRequestHandler, HTTPServer

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from deploy.healthprobe import main, probe


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/ready" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base
        pass


@pytest.fixture
def web() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def served() -> Iterator[tuple[str, health.HealthServicer]]:
    server, servicer = grpc.server(futures.ThreadPoolExecutor(1)), health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"grpc://127.0.0.1:{port}", servicer
    server.stop(None).wait()


def test_a_page_that_is_there_is_healthy(web: str) -> None:
    assert main([f"{web}/ready"]) == 0


def test_another_status_and_silence_are_not(web: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{web}/other"]) == 1
    assert "status 503" in capsys.readouterr().err
    assert main(["http://127.0.0.1:1/ready"]) == 1
    assert "127.0.0.1:1" in capsys.readouterr().err


def test_a_service_is_healthy_while_it_says_so(
    served: tuple[str, health.HealthServicer], capsys: pytest.CaptureFixture[str]
) -> None:
    target, servicer = served
    assert main([target]) == 0
    servicer.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    assert main([target]) == 1
    assert "NOT_SERVING" in capsys.readouterr().err


def test_no_service_is_unhealthy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grpc://127.0.0.1:1"]) == 1
    assert "127.0.0.1:1: UNAVAILABLE" in capsys.readouterr().err


@pytest.mark.parametrize("target", ["127.0.0.1:50051", "ftp://127.0.0.1:1", "http:///ready"])
def test_a_target_of_another_form_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        probe(target)
