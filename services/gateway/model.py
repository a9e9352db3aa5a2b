"""What callers are told of the model."""

from __future__ import annotations

from services.gateway.limits import MessageLimits
from services.protos.wegen.v1 import image_pb2, job_pb2


def described(name: str, limits: MessageLimits) -> image_pb2.GetModelResponse:
    """The model called `name`: its sizes, its own first, and its defaults."""
    return image_pb2.GetModelResponse(
        model=name,
        sizes=[job_pb2.ImageSize(width=size.width, height=size.height) for size in limits.sizes],
        steps=limits.default_steps,
        guidance=limits.default_guidance,
    )
