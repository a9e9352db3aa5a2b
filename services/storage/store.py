"""What an object store can do, whatever it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object without its bytes: `size` in bytes, `modified` in UTC."""

    name: str
    size: int
    content_type: str
    modified: datetime


class ObjectStore(Protocol):
    """Blocking and thread-safe. Names are those of `naming.check_name`: a bad one is InvalidArgumentError.

    Every method but `url` raises UnavailableError("store") when the store does not answer.
    """

    def put(self, name: str, data: bytes, content_type: str) -> None:
        """Write the whole object at once, in place of an older one."""

    def put_new(self, name: str, data: bytes, content_type: str) -> bool:
        """Write the object only if there is none of this name; of many at a time one wins. False: it is there."""

    def get(self, name: str) -> bytes:
        """The object's bytes; NotFoundError."""

    def stat(self, name: str) -> ObjectInfo:
        """The object without its bytes; NotFoundError."""

    def delete(self, name: str) -> None:
        """Remove the object; no error if there is none."""

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Objects whose names begin with `prefix`, by name; their content types are guessed from the names."""

    def url(self, name: str, expires: timedelta) -> str:
        """Where a client without keys can read the object until `expires` from now; not checked for existence."""

    def check(self) -> None:
        """Return if the store can be used; UnavailableError("store") says why not."""
