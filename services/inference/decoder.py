"""Latents to a PNG, by the ensemble `image_decoder`."""

from __future__ import annotations

import grpc
import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2_grpc

from services.inference import rpc
from services.inference.channel import connect
from services.inference.faults import from_rpc
from services.inference.tensors import content, infer_outputs, infer_request

MODEL = "image_decoder"
DEFAULT_TIMEOUT = 60.0


class DecoderClient:
    """Any number of concurrent decodings, from any threads, over one connection to `url` (host:port)."""

    def __init__(self, url: str) -> None:
        self._channel = connect(url)
        self._stub = service_pb2_grpc.GRPCInferenceServiceStub(self._channel)

    def decode(self, latents: NDArray[np.float32], *, request_id: str, timeout: float | None = None) -> bytes:
        """The PNG of latents [4, h, w] as the denoiser leaves them; `timeout` in seconds.

        Raises:
            WegenError: latents of another shape (InvalidArgument), late, or Triton is away.
        """
        tensors = {"latents": np.asarray(latents, np.float32)}
        message = infer_request(MODEL, tensors, request_id=request_id, batched=True)
        limit = DEFAULT_TIMEOUT if timeout is None else timeout
        with rpc.calling(rpc.UNARY, MODEL) as span:
            try:
                response = self._stub.ModelInfer(message, timeout=limit, metadata=span.headers)
            except grpc.RpcError as error:
                raise from_rpc(error) from error
        return content(infer_outputs(response), "image")

    def close(self) -> None:
        """Cancel what runs and disconnect."""
        self._channel.close()
