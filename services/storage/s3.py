"""Objects in any S3, by minio-py."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from minio import Minio
from minio.commonconfig import ENABLED, Filter
from minio.error import S3Error
from minio.lifecycleconfig import Expiration, LifecycleConfig, Rule

from services.errors import NotFoundError, UnavailableError
from services.storage.faults import MISSING, NO_ANSWER, refused, unanswered
from services.storage.naming import check_name, check_prefix, content_type
from services.storage.pool import Patience, open_pool
from services.storage.store import ObjectInfo

_TAKEN = "PreconditionFailed"
_OURS = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})


@dataclass(frozen=True, slots=True)
class S3Address:
    """Where the store is and who we are. `public_endpoint` is the host clients see: presigned URLs sign it."""

    endpoint: str
    bucket: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    public_endpoint: str = ""
    region: str = "us-east-1"
    secure: bool = True
    public_secure: bool = True
    create_bucket: bool = False


class S3Store:
    """An `ObjectStore` in one bucket. Nothing is asked of the server before the first call."""

    def __init__(self, address: S3Address, patience: Patience | None = None) -> None:
        patience = patience or Patience()
        self._bucket = address.bucket
        self._address = address
        self._client = _client(address, patience)
        self._new_only = _client(address, patience, {"If-None-Match": "*"})
        self._public = _public_client(address, patience)
        self._bucket_known = threading.Event()

    def put(self, name: str, data: bytes, content_type: str) -> None:
        """See `ObjectStore.put`."""
        self._write(self._client, name, data, content_type)

    def put_new(self, name: str, data: bytes, content_type: str) -> bool:
        """See `ObjectStore.put_new`: If-None-Match, which the server decides atomically."""
        check_name(name)
        try:
            self._write(self._new_only, name, data, content_type)
        except _TakenError:
            return False
        return True

    def get(self, name: str) -> bytes:
        """See `ObjectStore.get`."""
        with self._reported(check_name(name)):
            response = self._client.get_object(self._bucket, name)
            try:
                return bytes(response.data)
            finally:
                response.release_conn()

    def stat(self, name: str) -> ObjectInfo:
        """See `ObjectStore.stat`."""
        with self._reported(check_name(name)):
            found = self._client.stat_object(self._bucket, name)
            kind = found.content_type or content_type(name)
            return ObjectInfo(name, found.size or 0, kind, _utc(found.last_modified))

    def delete(self, name: str) -> None:
        """See `ObjectStore.delete`."""
        with self._reported(check_name(name)):
            self._client.remove_object(self._bucket, name)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See `ObjectStore.list`."""
        with self._reported(check_prefix(prefix)):
            for found in self._client.list_objects(self._bucket, prefix=prefix, recursive=True):
                name = found.object_name or ""
                yield ObjectInfo(name, found.size or 0, content_type(name), _utc(found.last_modified))

    def url(self, name: str, expires: timedelta) -> str:
        """See `ObjectStore.url`; signed here, the server is not asked. `expires` from 1 s to 7 days."""
        return str(self._public.presigned_get_object(self._bucket, check_name(name), expires=expires))

    def check(self) -> None:
        """See `ObjectStore.check`; makes the bucket where that is allowed."""
        with self._reported(self._bucket):
            if not self._client.bucket_exists(self._bucket):
                self._make_bucket()
        self._bucket_known.set()

    def expire(self, days: Mapping[str, int]) -> None:
        """Let objects expire so many days after they were written, by the prefix of their names; replaces all rules.

        UnavailableError("store").
        """
        rules = [
            Rule(
                ENABLED,
                rule_filter=Filter(prefix=check_prefix(prefix)),
                rule_id=prefix,
                expiration=Expiration(days=after),
            )
            for prefix, after in days.items()
        ]
        with self._reported(self._bucket):
            self._client.set_bucket_lifecycle(self._bucket, LifecycleConfig(rules))

    def _write(self, client: Minio, name: str, data: bytes, kind: str) -> None:
        check_name(name)
        if self._address.create_bucket and not self._bucket_known.is_set():
            self.check()
        with self._reported(name):
            client.put_object(self._bucket, name, io.BytesIO(data), len(data), content_type=kind)

    def _make_bucket(self) -> None:
        if not self._address.create_bucket:
            raise UnavailableError("store", f"the bucket {self._bucket} does not exist")
        try:
            self._client.make_bucket(self._bucket, location=self._address.region)
        except S3Error as error:
            # Another service made it between our question and our call.
            if error.code not in _OURS:
                raise

    @contextmanager
    def _reported(self, name: str) -> Iterator[None]:
        """Errors of minio-py and urllib3 as ours."""
        try:
            yield
        except S3Error as error:
            raise self._translated(error, name) from None
        except (*NO_ANSWER, OSError) as error:
            raise unanswered("store", error) from None

    def _translated(self, error: S3Error, name: str) -> Exception:
        if error.code in MISSING:
            return NotFoundError("there is no image of this name", name=name)
        if error.code == _TAKEN:
            return _TakenError()
        if error.code == "NoSuchBucket":
            self._bucket_known.clear()
            return UnavailableError("store", f"the bucket {self._bucket} does not exist")
        return refused("store", error)


class _TakenError(Exception):
    """A conditional put found an object of the name."""


def _client(address: S3Address, patience: Patience, headers: dict[str, str] | None = None) -> Minio:
    return Minio(
        address.endpoint,
        access_key=address.access_key,
        secret_key=address.secret_key,
        # Known, so that minio-py does not ask for it before each first call.
        region=address.region,
        secure=address.secure,
        http_client=open_pool(patience, headers),
    )


def _public_client(address: S3Address, patience: Patience) -> Minio:
    return Minio(
        address.public_endpoint or address.endpoint,
        access_key=address.access_key,
        secret_key=address.secret_key,
        region=address.region,
        secure=address.public_secure if address.public_endpoint else address.secure,
        http_client=open_pool(patience),
    )


def _utc(moment: datetime | None) -> datetime:
    return moment.astimezone(UTC) if moment else datetime.fromtimestamp(0, UTC)
