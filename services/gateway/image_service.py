"""ImageService over gRPC."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from google.longrunning import operations_pb2

from services.errors import DeadlineExceededError, InvalidArgumentError
from services.gateway.call import Context, answering
from services.gateway.gallery import PNG, Gallery
from services.gateway.orders.ordering import Ordering
from services.protos.wegen.v1 import image_pb2, image_pb2_grpc, job_pb2
from services.telemetry.gateway_metrics import GatewayMetrics

# The watch's own limit comes before the call's: it tells how to go on.
_SPARE_S = 5.0


class ImageService(image_pb2_grpc.ImageServiceServicer):
    """Pictures in and out, orders of pictures, and the `model` that makes them.

    A watch lasts at most `watch_timeout` seconds.
    """

    def __init__(
        self,
        gallery: Gallery,
        ordering: Ordering,
        metrics: GatewayMetrics,
        *,
        model: image_pb2.GetModelResponse,
        timeout: float,
        watch_timeout: float,
    ) -> None:
        self._gallery, self._ordering, self._metrics, self._timeout = gallery, ordering, metrics, timeout
        self._watch_timeout = watch_timeout
        self._model = model

    async def GetModel(  # noqa: N802
        self, request: image_pb2.GetModelRequest, context: Context
    ) -> image_pb2.GetModelResponse:
        """See image.proto."""
        del request
        async with answering(context, "GetModel", self._timeout, self._metrics):
            return self._model

    async def UploadImage(  # noqa: N802
        self, request: image_pb2.UploadImageRequest, context: Context
    ) -> image_pb2.UploadImageResponse:
        """See image.proto."""
        async with answering(context, "UploadImage", self._timeout, self._metrics):
            match request.WhichOneof("source"):
                case "data":
                    kept = await self._gallery.keep(request.data)
                case "object":
                    kept = await self._gallery.bring(request.object)
                case _:
                    raise InvalidArgumentError("source", "is empty: send data or an object name")
            return image_pb2.UploadImageResponse(
                object=kept.object,
                width=kept.image.width,
                height=kept.image.height,
                size_bytes=len(kept.image.data),
                url=await self._gallery.url(kept.object),
            )

    async def GetImage(  # noqa: N802
        self, request: image_pb2.GetImageRequest, context: Context
    ) -> image_pb2.GetImageResponse:
        """See image.proto."""
        async with answering(context, "GetImage", self._timeout, self._metrics):
            data = await self._gallery.read(request.object)
            return image_pb2.GetImageResponse(
                object=request.object,
                data=data,
                content_type=PNG,
                size_bytes=len(data),
                url=await self._gallery.url(request.object),
            )

    async def GenerateImages(  # noqa: N802
        self, request: job_pb2.GenerateImagesRequest, context: Context
    ) -> operations_pb2.Operation:
        """See image.proto."""
        async with answering(context, "GenerateImages", self._timeout, self._metrics):
            return await self._ordering.order_one(request)

    async def BatchGenerateImages(  # noqa: N802
        self, request: job_pb2.BatchGenerateImagesRequest, context: Context
    ) -> job_pb2.BatchGenerateImagesResponse:
        """See image.proto."""
        async with answering(context, "BatchGenerateImages", self._timeout, self._metrics):
            return job_pb2.BatchGenerateImagesResponse(operations=await self._ordering.order(request.requests))

    async def WatchJob(self, request: job_pb2.WatchJobRequest, context: Context) -> None:  # type: ignore[override]  # noqa: N802
        """See image.proto."""
        async with answering(context, "WatchJob", self._watch_timeout + _SPARE_S, self._metrics):
            try:
                async with asyncio.timeout(self._watch_timeout), aclosing(self._ordering.watch(request)) as events:
                    async for event in events:
                        await context.write(event)
            except TimeoutError as error:
                raise DeadlineExceededError(
                    "a watch lasts no longer: call again with the last cursor", reason="WATCH_LIMIT"
                ) from error
