"""Whether a store keeps the promises that jobs rest on: run once against each S3 before it is relied upon."""

from __future__ import annotations

import threading
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from urllib.error import URLError

from services.errors import NotFoundError, WegenError
from services.storage.naming import image
from services.storage.store import ObjectStore

TENANT = "store-trial"
_WRITERS = 16
_PNG = "image/png"
_URL_S = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise, and what is wrong with it; empty: kept."""

    promise: str
    problem: str


class BrokenPromiseError(Exception):
    """The store answered, but not as it must."""


class Trial:
    """Writes a few small objects below `TENANT`/images and removes them again. Blocking, some seconds."""

    def __init__(self, store: ObjectStore, *, rounds: int = 10, urls: bool = True) -> None:
        self._store = store
        self._rounds = rounds
        self._urls = urls
        self._names: list[str] = []

    def run(self) -> Iterator[Finding]:
        """Every promise in turn; later ones are tried whatever came of the earlier."""
        promises: list[tuple[str, Callable[[], None]]] = [
            ("an object is read as it was written, at once", self._written),
            (f"of {_WRITERS} conditional puts at once exactly one wins", self._contended),
            ("a listing shows what was just written", self._listed),
            *([("a presigned URL is read without keys, for one object only", self._shared)] if self._urls else []),
            ("what was deleted is gone", self._deleted),
        ]
        try:
            for promise, attempt in promises:
                yield Finding(promise, _problem(attempt))
        finally:
            for name in self._names:
                self._store.delete(name)

    def _name(self) -> str:
        self._names.append(image(TENANT, uuid.uuid4().hex))
        return self._names[-1]

    def _written(self) -> None:
        name = self._name()
        for data in (b"first", bytes(range(256)) * 4096):
            self._store.put(name, data, _PNG)
            _require(self._store.get(name) == data, "other bytes came back")

    def _contended(self) -> None:
        for number in range(1, self._rounds + 1):
            name, start = self._name(), threading.Barrier(_WRITERS)

            def attempt(writer: int, name: str = name, start: threading.Barrier = start) -> bool:
                start.wait()
                return self._store.put_new(name, bytes([writer]) * 4096, _PNG)

            with ThreadPoolExecutor(_WRITERS) as pool:
                won = list(pool.map(attempt, range(_WRITERS)))
            _require(won.count(True) == 1, f"{won.count(True)} writers won in round {number}")
            kept = self._store.get(name)
            _require(kept == bytes([won.index(True)]) * 4096, f"a loser's bytes are kept in round {number}")
            _require(not self._store.put_new(name, b"late", _PNG), "an object that is there was replaced")

    def _listed(self) -> None:
        name = self._name()
        self._store.put(name, b"listed", _PNG)
        found = {info.name: info.size for info in self._store.list(f"{TENANT}/")}
        _require(found.get(name) == len(b"listed"), "it is missing, or of another size")

    def _shared(self) -> None:
        name, other = self._name(), self._name()
        for each in (name, other):
            self._store.put(each, each.encode(), _PNG)
        url = self._store.url(name, timedelta(minutes=1))
        _require(_read(url) == name.encode(), "other bytes came back")
        if url.startswith("http"):
            _require(_read(url.replace(name, other)) is None, "its signature opens another object")

    def _deleted(self) -> None:
        name = self._name()
        self._store.put(name, b"deleted", _PNG)
        self._store.delete(name)
        try:
            self._store.get(name)
        except NotFoundError:
            return
        raise BrokenPromiseError("it can still be read")


def _problem(attempt: Callable[[], None]) -> str:
    try:
        attempt()
    except BrokenPromiseError as broken:
        return str(broken)
    except WegenError as error:
        return error.message
    return ""


def _require(kept: bool, problem: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not kept:
        raise BrokenPromiseError(problem)


def _read(url: str) -> bytes | None:
    """What anybody gets; None where it is refused."""
    try:
        with urllib.request.urlopen(url, timeout=_URL_S) as response:  # noqa: S310 - the store's own address
            return bytes(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return None
    except (URLError, OSError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise BrokenPromiseError(f"its host cannot be reached from here ({reason})") from error
