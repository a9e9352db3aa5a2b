"""ImageService over gRPC."""

from __future__ import annotations

from services.errors import InvalidArgumentError
from services.gateway.call import Context, answering
from services.gateway.gallery import PNG, Gallery
from services.protos.wegen.v1 import image_pb2, image_pb2_grpc
from services.telemetry.gateway_metrics import GatewayMetrics


class ImageService(image_pb2_grpc.ImageServiceServicer):
    """Pictures in and out."""

    def __init__(self, gallery: Gallery, metrics: GatewayMetrics, *, timeout: float) -> None:
        self._gallery, self._metrics, self._timeout = gallery, metrics, timeout

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
