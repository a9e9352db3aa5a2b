"""An object store in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.errors import NotFoundError, UnavailableError
from services.storage.naming import check_name
from services.storage.store import ObjectInfo


@dataclass
class MemoryStore:
    """An `ObjectStore`; `down` makes every call fail as a store that does not answer."""

    objects: dict[str, bytes] = field(default_factory=dict)
    down: bool = False
    reads: list[str] = field(default_factory=list)

    def put(self, name: str, data: bytes, content_type: str) -> None:
        self.check()
        self.objects[check_name(name)] = data

    def put_new(self, name: str, data: bytes, content_type: str) -> bool:
        self.check()
        if name in self.objects:
            return False
        self.put(name, data, content_type)
        return True

    def get(self, name: str) -> bytes:
        self.stat(name)
        self.reads.append(name)
        return self.objects[name]

    def stat(self, name: str) -> ObjectInfo:
        self.check()
        if name not in self.objects:
            raise NotFoundError(f"{name} does not exist")
        return ObjectInfo(name, len(self.objects[name]), "image/png", datetime.now(UTC))

    def delete(self, name: str) -> None:
        self.check()
        self.objects.pop(name, None)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        return (self.stat(name) for name in sorted(self.objects) if name.startswith(prefix))

    def url(self, name: str, expires: timedelta) -> str:
        return f"memory://{name}?expires={expires.total_seconds():g}"

    def check(self) -> None:
        if self.down:
            raise UnavailableError("store", "it is switched off")
