"""A small server that speaks Triton's protocol."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeAlias

import grpc
from tritonclient.grpc import service_pb2, service_pb2_grpc

from services.inference.tensors import Tensor, infer_request

Answer: TypeAlias = service_pb2.ModelStreamInferResponse
Script = Callable[[service_pb2.ModelInferRequest], Iterator[Answer]]


def answer(tensors: dict[str, Tensor]) -> Answer:
    request = infer_request("m", tensors, request_id="r")
    response = service_pb2.ModelInferResponse(raw_output_contents=request.raw_input_contents)
    for one in request.inputs:
        response.outputs.add(name=one.name, datatype=one.datatype, shape=one.shape)
    return Answer(infer_response=response)


class FakeTriton(service_pb2_grpc.GRPCInferenceServiceServicer):  # type: ignore[misc]  # it has no stubs
    """Answers a stream as `script` says, any other request with `infer`."""

    def __init__(self) -> None:
        self.script: Script = lambda _request: iter(())
        self.infer: dict[str, Tensor] = {}
        self.models = {"reference_encoder": "READY"}
        self.requests: list[service_pb2.ModelInferRequest] = []
        self.left = threading.Event()

    def ModelStreamInfer(  # noqa: N802 - the protocol's name
        self, requests: Iterator[service_pb2.ModelInferRequest], context: grpc.ServicerContext
    ) -> Iterator[Answer]:
        context.add_callback(self.left.set)
        for request in requests:
            self.requests.append(request)
            yield from self.script(request)

    def ModelInfer(  # noqa: N802 - the protocol's name
        self, request: service_pb2.ModelInferRequest, context: grpc.ServicerContext
    ) -> service_pb2.ModelInferResponse:
        self.requests.append(request)
        return answer(self.infer).infer_response

    def RepositoryIndex(  # noqa: N802 - the protocol's name
        self, request: service_pb2.RepositoryIndexRequest, context: grpc.ServicerContext
    ) -> service_pb2.RepositoryIndexResponse:
        index = service_pb2.RepositoryIndexResponse()
        for name, state in self.models.items():
            index.models.add(name=name, state=state, reason="" if state == "READY" else "no file")
        return index

    @contextmanager
    def served(self) -> Iterator[str]:
        """Its address while it listens; streams that wait for `left` are let go in the end."""
        server = grpc.server(ThreadPoolExecutor(8))
        service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(self, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield f"127.0.0.1:{port}"
        self.left.set()
        server.stop(None).wait()
