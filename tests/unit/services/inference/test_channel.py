"""Several Tritons behind one name."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from tritonclient.grpc import service_pb2, service_pb2_grpc

from services.inference.channel import connect


class Counting(service_pb2_grpc.GRPCInferenceServiceServicer):  # type: ignore[misc]  # it has no stubs
    """Counts the calls it gets."""

    def __init__(self) -> None:
        self.calls = 0

    def ServerLive(  # noqa: N802 - the protocol's name
        self, _request: service_pb2.ServerLiveRequest, _context: grpc.ServicerContext
    ) -> service_pb2.ServerLiveResponse:
        self.calls += 1
        return service_pb2.ServerLiveResponse(live=True)


@pytest.fixture
def servers() -> Iterator[list[tuple[Counting, grpc.Server, int]]]:
    started = []
    for servicer in (Counting(), Counting()):
        server = grpc.server(ThreadPoolExecutor(2))
        service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        started.append((servicer, server, port))
    yield started
    for _, server, _ in started:
        server.stop(None).wait()


def test_calls_go_round_all_addresses_and_stay_with_who_is_left(
    servers: list[tuple[Counting, grpc.Server, int]],
) -> None:
    (first, server, port), (second, _, other) = servers
    with connect(f"ipv4:127.0.0.1:{port},127.0.0.1:{other}") as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)

        def call() -> None:
            stub.ServerLive(service_pb2.ServerLiveRequest(), timeout=10, wait_for_ready=True)

        while not (first.calls and second.calls):  # a connection may come later than the first calls
            call()
        before = first.calls, second.calls
        for _ in range(10):
            call()
        assert (first.calls - before[0], second.calls - before[1]) == (5, 5)
        server.stop(None).wait()
        for _ in range(4):
            call()
        assert second.calls - before[1] >= 9
