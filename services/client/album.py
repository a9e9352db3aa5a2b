"""Where pictures go on the caller's disk."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from services.client.failure import ClientError

_GAP = 8


class Album:
    """Saves the pictures of one answer in `folder`, named after `title`; never writes over a file."""

    def __init__(self, folder: Path, title: str) -> None:
        self._folder = folder
        self._stem = _slug(title)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ClientError(f"{folder} cannot be made: {(error.strerror or str(error)).lower()}") from error

    def save(self, number: int, data: bytes) -> Path:
        """Keep picture `number` (from 0), a PNG; the path."""
        return self._write(f"{self._stem}-{number + 1}", data)

    def sheet(self, pictures: Sequence[Path]) -> Path:
        """All `pictures` on one sheet; its path."""
        images = [Image.open(path).convert("RGB") for path in pictures]
        columns = math.ceil(math.sqrt(len(images)))
        width, height = max(image.width for image in images) + _GAP, max(image.height for image in images) + _GAP
        rows = math.ceil(len(images) / columns)
        sheet = Image.new("RGB", (columns * width + _GAP, rows * height + _GAP), "white")
        for index, image in enumerate(images):
            sheet.paste(image, (_GAP + index % columns * width, _GAP + index // columns * height))
        buffer = io.BytesIO()
        sheet.save(buffer, format="PNG")
        return self._write(f"{self._stem}-sheet", buffer.getvalue())

    def _write(self, stem: str, data: bytes) -> Path:
        for attempt in range(1, 10_000):
            path = self._folder / (f"{stem}.png" if attempt == 1 else f"{stem}-{attempt}.png")
            try:
                with path.open("xb") as file:
                    file.write(data)
            except FileExistsError:
                continue
            except OSError as error:
                raise ClientError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from error
            return path
        raise ClientError(f"{self._folder} holds too many pictures called {stem}")


def _slug(title: str) -> str:
    words = re.findall(r"[a-z0-9]+", title.lower())
    return "-".join(words)[:48].strip("-") or "picture"
