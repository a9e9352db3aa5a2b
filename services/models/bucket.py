"""The objects below one location, read and written as files of any size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from minio import Minio
from minio.error import S3Error

from services.errors import NotFoundError
from services.models.location import Location
from services.storage.faults import MISSING, NO_ANSWER, refused, unanswered

DEPENDENCY = "model store"
_CHUNK = 1 << 20
_PART_BYTES = 64 << 20
_MISSING = MISSING | {"NoSuchBucket"}


class Files(Protocol):
    """Named files somewhere else. All raise NotFoundError and UnavailableError."""

    def read(self, file: str, offset: int = 0) -> Iterator[bytes]:
        """The bytes from `offset` on, chunk by chunk."""

    def write(self, file: str, source: Path) -> None:
        """Put a whole file there, or nothing."""


class Bucket:
    """`Files` below one location of an S3."""

    def __init__(self, client: Minio, location: Location) -> None:
        self._client = client
        self._location = location

    def read(self, file: str, offset: int = 0) -> Iterator[bytes]:
        """See `Files.read`."""
        with self._reported(file):
            response = self._client.get_object(self._location.bucket, self._location.name(file), offset=offset)
            try:
                yield from response.stream(_CHUNK)
            finally:
                response.close()
                response.release_conn()

    def write(self, file: str, source: Path) -> None:
        """See `Files.write`; in parts of 64 MiB."""
        with self._reported(file):
            self._client.fput_object(
                self._location.bucket, self._location.name(file), str(source), part_size=_PART_BYTES
            )

    @contextmanager
    def _reported(self, file: str) -> Iterator[None]:
        """Errors of minio-py and urllib3 as ours."""
        try:
            yield
        except S3Error as error:
            if error.code in _MISSING:
                raise NotFoundError(f"{self._location} has no {file}", reason="NO_MODEL") from None
            raise refused(DEPENDENCY, error) from None
        except (*NO_ANSWER, ConnectionError, TimeoutError) as error:
            raise unanswered(DEPENDENCY, error) from None
