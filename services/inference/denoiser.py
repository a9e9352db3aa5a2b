"""The steps of one picture, streamed from `sdxl_denoiser` to a worker's thread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import grpc
import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2_grpc

from services.inference import rpc
from services.inference.channel import connect
from services.inference.faults import from_message, from_rpc
from services.inference.tensors import Tensor, array, infer_outputs, infer_request, scalar
from services.size import Size
from services.telemetry.spans import NOTHING, Span

MODEL = "sdxl_denoiser"
# A stream whose model process died hears nothing more: no stream is without an end.
DEFAULT_TIMEOUT = 1800.0


@dataclass(frozen=True, slots=True)
class DenoiseRequest:
    """One picture from features [64, D], of a `size` that the model has (None: its own).

    `latents` [4, h, w] are those before step `start_step` (None: noise of `seed`). Latents come back after every
    `latents_every` steps (0: only at the end).
    """

    features: NDArray[np.float32]
    seed: int
    steps: int
    guidance: float
    latents_every: int = 0
    latents: NDArray[np.float32] | None = None
    start_step: int = 0
    size: Size | None = None


@dataclass(frozen=True, slots=True)
class DenoiseEvent:
    """`step` of `steps` are done, those before it too; `latents` [4, h, w] when they are due."""

    step: int
    steps: int
    latents: NDArray[np.float32] | None


class DenoiseStream:
    """The events of one picture: iterate, and leave the `with` block to be rid of it."""

    def __init__(self, call: grpc.Call, span: Span = NOTHING) -> None:
        self._call, self._span = call, span

    def __iter__(self) -> Iterator[DenoiseEvent]:
        """An event for each step, or one for several short ones. WegenError; CancelledRequestError after `cancel`."""
        try:
            for response in self._call:  # type: ignore[attr-defined]  # a streaming call is an iterator
                if response.error_message:
                    raise rpc.failed(self._span, from_message(response.error_message))
                outputs = infer_outputs(response.infer_response)
                if outputs:
                    yield _event(outputs)
            self._span.set(rpc.STATUS, "OK")
        except grpc.RpcError as error:
            raise rpc.failed(self._span, from_rpc(error)) from error
        finally:
            self.cancel()
            self._span.end()

    def cancel(self) -> None:
        """Give the picture up, from any thread; its row leaves before the next step. No effect after the end."""
        self._call.cancel()  # type: ignore[no-untyped-call]

    def __enter__(self) -> Self:
        """The stream."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cancel what is left of it."""
        self.cancel()
        self._span.end()


class DenoiserClient:
    """Any number of concurrent pictures, from any threads, over one connection to `url` (host:port)."""

    def __init__(self, url: str) -> None:
        self._channel = connect(url)
        self._stub = service_pb2_grpc.GRPCInferenceServiceStub(self._channel)

    def denoise(self, request: DenoiseRequest, *, request_id: str, timeout: float | None = None) -> DenoiseStream:
        """Start a picture; `timeout` in seconds for the whole of it. Errors come while iterating."""
        message = infer_request(MODEL, _tensors(request), request_id=request_id)
        limit = DEFAULT_TIMEOUT if timeout is None else timeout
        span = rpc.begun(rpc.STREAM, MODEL)
        call = self._stub.ModelStreamInfer(iter((message,)), timeout=limit, metadata=span.headers)
        return DenoiseStream(call, span)

    def close(self) -> None:
        """Cancel what runs and disconnect."""
        self._channel.close()


def _tensors(request: DenoiseRequest) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {
        "features": np.asarray(request.features, np.float32),
        "seed": np.asarray([request.seed], np.uint64),
        "steps": np.asarray([request.steps], np.int32),
        "guidance": np.asarray([request.guidance], np.float32),
        "latents_every": np.asarray([request.latents_every], np.int32),
        "emit_steps": np.asarray([True]),
    }
    if request.size is not None:
        tensors["size"] = np.asarray([request.size.width, request.size.height], np.int32)
    if request.latents is not None:
        tensors["latents"] = np.asarray(request.latents, np.float32)
        tensors["start_step"] = np.asarray([request.start_step], np.int32)
    return tensors


def _event(outputs: dict[str, Tensor]) -> DenoiseEvent:
    latents = array(outputs, "latents")[0] if "latents" in outputs else None
    return DenoiseEvent(scalar(outputs, "step"), scalar(outputs, "steps"), latents)
