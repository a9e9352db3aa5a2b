"""Text and features of n candidates, streamed from `llama_feature_generator`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import grpc.aio
import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2_grpc

from services.generation import (
    EventKind,
    FeaturesEvent,
    Finish,
    FinishedEvent,
    GenerationEvent,
    ImageMode,
    Sampling,
    TokensEvent,
)
from services.inference import rpc
from services.inference.channel import connect_async
from services.inference.faults import from_message, from_rpc
from services.inference.tensors import Tensor, array, content, infer_outputs, infer_request, scalar

__all__ = [
    "MODEL",
    "FeaturesEvent",
    "FinishedEvent",
    "GenerationEvent",
    "GenerationRequest",
    "GeneratorClient",
    "ImageMode",
    "Sampling",
    "TokensEvent",
]

MODEL = "llama_feature_generator"
# A stream whose model process died hears nothing more: no stream is without an end.
DEFAULT_TIMEOUT = 600.0


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """A prompt and its candidates, one per `sampling`.

    `features` [R, D] stand at the indices `feature_positions` of `ids`; `max_tokens` counts text tokens per candidate.
    """

    ids: tuple[int, ...]
    sampling: tuple[Sampling, ...]
    max_tokens: int
    image: ImageMode
    features: NDArray[np.float32] | None = None
    feature_positions: tuple[int, ...] = ()
    feature_guidance: float = 1.0


class GeneratorClient:
    """Any number of concurrent generations over one connection to `url` (host:port)."""

    def __init__(self, url: str) -> None:
        self._channel = connect_async(url)
        self._stub = service_pb2_grpc.GRPCInferenceServiceStub(self._channel)

    async def generate(
        self,
        request: GenerationRequest,
        *,
        request_id: str,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> AsyncGenerator[GenerationEvent, None]:
        """Events until every candidate has finished; `timeout` in seconds for the whole of it.

        Closing the generator, or cancelling the task that reads it, cancels the request in Triton.

        Raises:
            WegenError: refused (InvalidArgument, ResourceExhausted), late, or Triton is away.
        """
        message = infer_request(MODEL, _tensors(request), request_id=request_id)
        limit = DEFAULT_TIMEOUT if timeout is None else timeout
        # Not the current one: what is yielded to goes on in a context of its own.
        span = rpc.begun(rpc.STREAM, MODEL)
        call = self._stub.ModelStreamInfer(iter((message,)), timeout=limit, metadata=span.headers)
        try:
            async for response in call:
                if response.error_message:
                    raise rpc.failed(span, from_message(response.error_message))
                outputs = infer_outputs(response.infer_response)
                if outputs:
                    yield _event(outputs)
            span.set(rpc.STATUS, "OK")
        except grpc.aio.AioRpcError as error:
            raise rpc.failed(span, from_rpc(error)) from error
        finally:
            call.cancel()
            span.end()

    async def close(self) -> None:
        """Cancel what runs and disconnect."""
        await self._channel.close(None)


def _tensors(request: GenerationRequest) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {
        "ids": np.asarray(request.ids, np.int32),
        "seeds": np.asarray([one.seed for one in request.sampling], np.uint64),
        "top_p": np.asarray([one.top_p for one in request.sampling], np.float32),
        "temperature": np.asarray([one.temperature for one in request.sampling], np.float32),
        "max_tokens": np.asarray([request.max_tokens], np.int32),
        "image": np.asarray([request.image], np.int32),
        "feature_guidance": np.asarray([request.feature_guidance], np.float32),
    }
    if request.features is not None and len(request.features):
        tensors["features"] = np.asarray(request.features, np.float32)
        tensors["feature_positions"] = np.asarray(request.feature_positions, np.int32)
    return tensors


def _event(outputs: dict[str, Tensor]) -> GenerationEvent:
    candidate, kind = scalar(outputs, "candidate"), scalar(outputs, "event")
    if kind == EventKind.TOKENS:
        return TokensEvent(candidate, tuple(array(outputs, "ids").tolist()))
    if kind == EventKind.FEATURES:
        return FeaturesEvent(candidate, array(outputs, "features"))
    prompt, generated = array(outputs, "usage").tolist()
    return FinishedEvent(candidate, Finish(content(outputs, "finish").decode()), prompt, generated)
