"""Files somewhere else, in memory, whose connection can break."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from services.errors import NotFoundError, UnavailableError


class MemoryFiles:
    """`services.models.bucket.Files`. `cuts` holds how many bytes each of the next reads of a file may bring."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.cuts: dict[str, list[int]] = {}
        self.offsets: list[tuple[str, int]] = []

    def read(self, file: str, offset: int = 0) -> Iterator[bytes]:
        self.offsets.append((file, offset))
        if file not in self.held:
            raise NotFoundError(f"there is no {file}")
        data, cuts = self.held[file][offset:], self.cuts.get(file, [])
        allowed = cuts.pop(0) if cuts else len(data)
        for start in range(0, min(allowed, len(data)), 7):
            yield data[start : min(start + 7, allowed)]
        if allowed < len(data):
            raise UnavailableError("model store", "the wire is cut")

    def write(self, file: str, source: Path) -> None:
        self.held[file] = source.read_bytes()
