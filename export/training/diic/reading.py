"""Video files to frames."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageSequence, UnidentifiedImageError

from export.training.diic.sources import Pixels

CONTAINERS: Final = (".avif", ".gif", ".png", ".webp")
_STILLS: Final = (".jpeg", ".jpg", ".png", ".webp")


class VideoError(ValueError):
    """A video cannot be read, or is too short."""


def read_clip(path: Path, frames: int, *, every: int = 1) -> Pixels:
    """The first `frames` frames of a video, or every `every`-th, uint8 [frames, H, W, 3].

    Reads what Pillow plays: animated AVIF, GIF, PNG and WebP, and a folder of stills in the order of their names, into
    which any other video can be unpacked. VideoError where it is something else, too short or changes its size.
    """
    if frames < 1 or every < 1:
        raise ValueError(f"frames {frames} and every {every} must be above 0")
    pictures = _stills(path, frames, every) if path.is_dir() else _animation(path, frames, every)
    if len(pictures) < frames:
        raise VideoError(f"{path} has {len(pictures)} frames to take (every {every}), {frames} are wanted")
    shapes = {picture.shape for picture in pictures}
    if len(shapes) > 1:
        raise VideoError(f"{path} changes its size: {sorted(shapes)}")
    return np.stack(pictures)


def _animation(path: Path, frames: int, every: int) -> list[Pixels]:
    if not path.is_file():
        raise VideoError(f"{path} does not exist")
    if path.suffix.lower() not in CONTAINERS:
        raise VideoError(
            f"{path} is neither a folder of stills nor one of {', '.join(CONTAINERS)}: unpack it to stills"
        )
    try:
        with Image.open(path) as video:
            taken = islice(ImageSequence.Iterator(video), 0, frames * every, every)
            return [np.asarray(frame.convert("RGB")) for frame in taken]
    except (UnidentifiedImageError, OSError) as error:
        raise VideoError(f"{path} is not a readable {path.suffix} video: {error}") from error


def _stills(path: Path, frames: int, every: int) -> list[Pixels]:
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in _STILLS)
    pictures = []
    for file in files[: frames * every : every]:
        try:
            with Image.open(file) as still:
                pictures.append(np.asarray(still.convert("RGB")))
        except (UnidentifiedImageError, OSError) as error:
            raise VideoError(f"{file} is not a readable picture: {error}") from error
    return pictures
