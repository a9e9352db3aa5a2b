"""A picture's features, from the ensemble `reference_encoder`."""

from __future__ import annotations

import grpc.aio
import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2_grpc

from services.inference import rpc
from services.inference.channel import connect_async
from services.inference.faults import from_rpc
from services.inference.tensors import array, infer_outputs, infer_request

MODEL = "reference_encoder"
DEFAULT_TIMEOUT = 30.0


class EncoderClient:
    """Any number of concurrent encodings over one connection to `url` (host:port)."""

    def __init__(self, url: str) -> None:
        self._channel = connect_async(url)
        self._stub = service_pb2_grpc.GRPCInferenceServiceStub(self._channel)

    async def encode(
        self,
        image: bytes,
        *,
        request_id: str,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> NDArray[np.float32]:
        """The features [64, D] of an encoded picture (PNG, JPEG or WebP); `timeout` in seconds.

        Raises:
            WegenError: not such a picture or too large (InvalidArgument), late, or Triton is away.
        """
        message = infer_request(MODEL, {"image": image}, request_id=request_id, batched=True)
        limit = DEFAULT_TIMEOUT if timeout is None else timeout
        with rpc.calling(rpc.UNARY, MODEL) as span:
            try:
                response = await self._stub.ModelInfer(message, timeout=limit, metadata=span.headers)
            except grpc.aio.AioRpcError as error:
                raise from_rpc(error) from error
        return array(infer_outputs(response), "features")[0]  # type: ignore[no-any-return]

    async def close(self) -> None:
        """Cancel what runs and disconnect."""
        await self._channel.close(None)
