"""Pictures in the store, as callers may name them: their own tenant's references and images."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from services.errors import InvalidArgumentError, NotFoundError
from services.gateway.pixels import CleanImage, ImageLimits, cleaned
from services.storage import naming
from services.storage.store import ObjectStore

PNG = "image/png"
_DECODERS = 2
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Kept:
    """A reference that was kept: its object name and the picture."""

    object: str
    image: CleanImage


class Gallery:
    """The pictures of one tenant. Blocking store calls run in threads."""

    def __init__(self, store: ObjectStore, *, tenant: str, limits: ImageLimits, expires: timedelta) -> None:
        self._store, self._tenant, self._limits, self._expires = store, tenant, limits, expires
        # A picture at the pixel limit takes about 150 MB while it is decoded.
        self._decoding = asyncio.Semaphore(_DECODERS)

    async def keep(self, data: bytes, *, field: str = "data") -> Kept:
        """Check and keep `data` as a reference named by its content.

        Raises:
            InvalidArgumentError: not an acceptable picture; names `field`.
            UnavailableError: the store does not answer.
        """
        async with self._decoding:
            image = await asyncio.to_thread(cleaned, data, self._limits, field=field)
        name = naming.reference(self._tenant, hashlib.sha256(image.data).hexdigest())
        await asyncio.to_thread(self._store.put_new, name, image.data, PNG)
        return Kept(name, image)

    async def bring(self, name: str) -> Kept:
        """Check a picture that is in the store already and keep it as a reference.

        Raises:
            InvalidArgumentError: `name` is no picture's name, or what it names is not an acceptable picture.
            NotFoundError: there is none.
        """
        return await self.keep(await self.read(name), field="object")

    async def read(self, name: str, *, field: str = "object") -> bytes:
        """The picture's bytes."""
        self._check(name, field)
        return await asyncio.to_thread(self._named, self._store.get, name)

    async def require(self, name: str, *, field: str) -> None:
        """Return if `name` is there; InvalidArgumentError for a bad name, NotFoundError for an unknown one."""
        self._check(name, field)
        await asyncio.to_thread(self._named, self._store.stat, name)

    async def url(self, name: str) -> str:
        """Where a plain HTTP client can fetch the picture for a while."""
        return await asyncio.to_thread(self._store.url, name, self._expires)

    def _check(self, name: str, field: str) -> None:
        try:
            parsed = naming.parse(name)
        except InvalidArgumentError as error:
            raise InvalidArgumentError(field, "is not the name of an image", reason="BAD_NAME") from error
        # Another tenant's picture is as unknown as none: its existence is not told.
        if parsed.tenant != self._tenant:
            raise _unknown(name)

    @staticmethod
    def _named(read: Callable[[str], _Read], name: str) -> _Read:
        try:
            return read(name)
        except NotFoundError as error:
            raise _unknown(name) from error


def _unknown(name: str) -> NotFoundError:
    return NotFoundError(f"image {name!r} does not exist", reason="UNKNOWN_IMAGE", object=name)
