"""An object store whose calls are measured."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from prometheus_client import Counter, Histogram

from services.errors import UnavailableError
from services.storage.store import ObjectInfo, ObjectStore


class MeteredStore:
    """`store` with the seconds of every call, and those it did not answer counted, by the method's name."""

    def __init__(self, store: ObjectStore, seconds: Histogram, errors: Counter) -> None:
        self._store, self._seconds, self._errors = store, seconds, errors

    def put(self, name: str, data: bytes, content_type: str) -> None:
        """See `ObjectStore.put`."""
        with self._metered("put"):
            self._store.put(name, data, content_type)

    def put_new(self, name: str, data: bytes, content_type: str) -> bool:
        """See `ObjectStore.put_new`."""
        with self._metered("put_new"):
            return self._store.put_new(name, data, content_type)

    def get(self, name: str) -> bytes:
        """See `ObjectStore.get`."""
        with self._metered("get"):
            return self._store.get(name)

    def stat(self, name: str) -> ObjectInfo:
        """See `ObjectStore.stat`."""
        with self._metered("stat"):
            return self._store.stat(name)

    def delete(self, name: str) -> None:
        """See `ObjectStore.delete`."""
        with self._metered("delete"):
            self._store.delete(name)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See `ObjectStore.list`; read at once, so that its time is not the reader's."""
        with self._metered("list"):
            return iter([*self._store.list(prefix)])

    def url(self, name: str, expires: timedelta) -> str:
        """See `ObjectStore.url`; nothing is asked of the store."""
        return self._store.url(name, expires)

    def check(self) -> None:
        """See `ObjectStore.check`."""
        with self._metered("check"):
            self._store.check()

    @contextmanager
    def _metered(self, call: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        except UnavailableError:
            self._errors.labels(call=call).inc()
            raise
        finally:
            self._seconds.labels(call=call).observe(time.monotonic() - began)
