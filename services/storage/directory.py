"""Objects as files in a directory: the embedded default."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.errors import NotFoundError, UnavailableError
from services.storage.naming import check_name, check_prefix, content_type
from services.storage.store import ObjectInfo

# Hidden, so no object's name reaches it; beside the objects, so a rename stays inside one file system.
_INCOMING = ".incoming"


class DirectoryStore:
    """An `ObjectStore` of files below `root`. A reader sees a whole object or none, after a crash too.

    Content types are not stored: they are what the name's ending says.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    def put(self, name: str, data: bytes, content_type: str) -> None:  # noqa: ARG002 - see the class
        """See `ObjectStore.put`."""
        target = self._path(name)
        with _reported(), self._written(data) as temporary:
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(target)
            _sync_folder(target.parent)

    def put_new(self, name: str, data: bytes, content_type: str) -> bool:  # noqa: ARG002 - see the class
        """See `ObjectStore.put_new`."""
        target = self._path(name)
        with _reported(), self._written(data) as temporary:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                # A link, unlike a rename, fails where the name is taken.
                os.link(temporary, target)
            except FileExistsError:
                return False
            _sync_folder(target.parent)
        return True

    def get(self, name: str) -> bytes:
        """See `ObjectStore.get`."""
        with _reported(name):
            return self._path(name).read_bytes()

    def stat(self, name: str) -> ObjectInfo:
        """See `ObjectStore.stat`."""
        with _reported(name):
            return self._info(self._path(name))

    def delete(self, name: str) -> None:
        """See `ObjectStore.delete`."""
        with _reported():
            self._path(name).unlink(missing_ok=True)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See `ObjectStore.list`."""
        check_prefix(prefix)
        with _reported():
            for path in sorted(self._files(), key=str):
                if self._name(path).startswith(prefix):
                    yield self._info(path)

    def url(self, name: str, expires: timedelta) -> str:  # noqa: ARG002 - a file's address does not expire
        """The file's own address."""
        return self._path(name).as_uri()

    def check(self) -> None:
        """See `ObjectStore.check`."""
        with _reported():
            (self._root / _INCOMING).mkdir(parents=True, exist_ok=True)
        if not os.access(self._root, os.W_OK | os.X_OK):
            raise UnavailableError("store", "the directory cannot be written")

    def _path(self, name: str) -> Path:
        return self._root / check_name(name)

    def _name(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    def _info(self, path: Path) -> ObjectInfo:
        status = path.stat()
        name = self._name(path)
        return ObjectInfo(name, status.st_size, content_type(name), datetime.fromtimestamp(status.st_mtime, UTC))

    def _files(self) -> Iterator[Path]:
        for folder, folders, files in os.walk(self._root):
            folders[:] = [name for name in folders if name != _INCOMING]
            yield from (Path(folder, file) for file in files)

    @contextmanager
    def _written(self, data: bytes) -> Iterator[Path]:
        """`data` on disk under a name of its own, gone afterwards unless renamed."""
        incoming = self._root / _INCOMING
        incoming.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=incoming)
        path = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            yield path
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def _reported(name: str = "") -> Iterator[None]:
    """The file system's errors as ours; a missing file is NotFoundError where a `name` was asked for."""
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        if name:
            raise NotFoundError("there is no image of this name", name=name) from error
        raise UnavailableError("store", error.strerror or "the directory is gone") from error
    except OSError as error:
        raise UnavailableError("store", error.strerror or type(error).__name__) from error


def _sync_folder(folder: Path) -> None:
    """Make a name survive a power cut, as fsync on the file does for its bytes."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
