"""An operation seen through: followed, told, and its pictures saved."""

from __future__ import annotations

from pathlib import Path

from google.longrunning.operations_pb2 import Operation
from rich.console import Console

from services.client.album import Album
from services.client.failure import ClientError
from services.client.following import follow
from services.client.gateway import Gateway
from services.client.progress import fate, view_for
from services.protos.wegen.v1 import job_pb2


def seen_through(gateway: Gateway, name: str, console: Console, *, seconds: float) -> Operation:
    """The operation as it ended, shown on the way. ClientError: it made no picture, or did not end in time."""
    with view_for(console, name) as view:
        ended = follow(gateway.orders, name, view.show, seconds=seconds)
    require_pictures(ended)
    return ended


def require_pictures(operation: Operation) -> None:
    """ClientError when it has ended without a picture."""
    if operation.HasField("error"):
        raise ClientError(f"{operation.name}: {operation.error.message}")


def metadata(operation: Operation) -> job_pb2.GenerateImagesMetadata:
    """What the operation says of itself."""
    unpacked = job_pb2.GenerateImagesMetadata()
    operation.metadata.Unpack(unpacked)
    return unpacked


def made(operation: Operation) -> list[job_pb2.GeneratedImage]:
    """The pictures of one that has succeeded."""
    response = job_pb2.GenerateImagesResponse()
    operation.response.Unpack(response)
    return list(response.images)


def save(gateway: Gateway, operation: Operation, out: Path, title: str, console: Console) -> list[Path]:
    """Fetch the pictures into `out` and print where they are, and what became of the others; the sheet last."""
    pictures = made(operation)
    album = Album(out, title)
    paths = [album.save(picture.index, gateway.picture(picture.object)) for picture in pictures]
    if len(paths) > 1:
        paths.append(album.sheet(paths))
    saved = {picture.index for picture in pictures}
    for image in metadata(operation).images:
        if image.index not in saved:
            _print(console, f"picture {image.index + 1}: {fate(image)}")
    for path in paths:
        _print(console, str(path))
    return paths


def _print(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
