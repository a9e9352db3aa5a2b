"""From an S3 to a model repository on disk, going on where an earlier attempt ended."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import structlog

from services.errors import FailedPreconditionError, UnavailableError, WegenError
from services.manifest import file_sha256
from services.models.bucket import DEPENDENCY, Files
from services.models.index import FILE, Index, IndexedFile, read_folder

PART = ".part"
# Each goes on behind the bytes that have come already.
ATTEMPTS = 5
_log = structlog.get_logger(__name__)


class Fetch:
    """Brings one repository into `folder`. Its index is written last: a folder without one is not whole."""

    def __init__(self, files: Files, folder: Path, *, threads: int, pause: Callable[[float], None]) -> None:
        self._files = files
        self._folder = folder
        self._threads = threads
        self._pause = pause
        self._lock = Lock()
        self._done = 0

    def run(self) -> Index:
        """Fetch what is missing or different, remove what does not belong, and return the index.

        Raises NotFoundError, UnavailableError, and FailedPreconditionError for a bad index, a file whose bytes are
        not the published ones, and too small a disk.
        """
        wanted = Index.parse(b"".join(self._files.read(FILE)), FILE)
        if self._present(wanted):
            _log.info("model repository is whole already", files=len(wanted.files))
            return wanted
        (self._folder / FILE).unlink(missing_ok=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        missing = [file for file in wanted.files if not self._whole(file)]
        self._require_room(missing)
        self._fetch_all(missing)
        self._remove_others(wanted)
        _replace(self._folder / FILE, wanted.render())
        return wanted

    def _present(self, wanted: Index) -> bool:
        """Whether this very version is here: its index, and all files by their sizes."""
        path = self._folder / FILE
        return (
            path.is_file()
            and path.read_bytes() == wanted.render()
            and all(_size(self._folder / file.file) == file.size for file in wanted.files)
        )

    def _whole(self, file: IndexedFile) -> bool:
        path = self._folder / file.file
        return _size(path) == file.size and file_sha256(path) == file.sha256

    def _require_room(self, missing: list[IndexedFile]) -> None:
        partial = sum(_size(self._part(file)) or 0 for file in missing)
        needed = sum(file.size for file in missing) - partial
        free = shutil.disk_usage(self._folder).free
        if needed > free:
            raise FailedPreconditionError(
                f"{self._folder} has {free / 2**30:.1f} GiB free, the model needs {needed / 2**30:.1f} GiB more",
                reason="DISK_FULL",
            )

    def _fetch_all(self, missing: list[IndexedFile]) -> None:
        def one(file: IndexedFile) -> None:
            self._fetch(file)
            with self._lock:
                self._done += 1
                _log.info("model file fetched", file=file.file, bytes=file.size, done=self._done, of=len(missing))

        # The largest first, so that the last thread is not left with it.
        order = sorted(missing, key=lambda file: -file.size)
        with ThreadPoolExecutor(self._threads, thread_name_prefix="fetch") as pool:
            tasks = [pool.submit(one, file) for file in order]
            try:
                for task in tasks:
                    task.result()
            except WegenError:
                pool.shutdown(cancel_futures=True)
                raise

    def _fetch(self, file: IndexedFile) -> None:
        part = self._part(file)
        part.parent.mkdir(parents=True, exist_ok=True)
        self._download(file, part)
        if file_sha256(part) != file.sha256:
            # Half an older version perhaps: once more from its first byte.
            part.unlink()
            self._download(file, part)
        if file_sha256(part) != file.sha256:
            part.unlink()
            raise FailedPreconditionError(
                f"{file.file} is not what was published (SHA-256 differs): publish the model again", reason="BAD_MODEL"
            )
        part.replace(self._folder / file.file)

    def _download(self, file: IndexedFile, part: Path) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._append(file, part)
            except UnavailableError as error:
                if attempt == ATTEMPTS:
                    raise
                _log.warning("model file interrupted", file=file.file, attempt=attempt, cause=error.message)
                self._pause(2.0**attempt)
            else:
                return

    def _append(self, file: IndexedFile, part: Path) -> None:
        offset = _size(part) or 0
        if offset > file.size:
            part.unlink()
            offset = 0
        with part.open("ab") as target:
            if offset < file.size:
                for chunk in self._files.read(file.file, offset):
                    target.write(chunk)
        if (found := part.stat().st_size) < file.size:
            raise UnavailableError(DEPENDENCY, f"{file.file} ended after {found} of {file.size} bytes")

    def _remove_others(self, wanted: Index) -> None:
        """Files of an earlier version would be models that Triton loads."""
        known = {file.file for file in wanted.files}
        for path in read_folder(self._folder):
            if path.relative_to(self._folder).as_posix() not in known:
                path.unlink()

    def _part(self, file: IndexedFile) -> Path:
        path = self._folder / file.file
        return path.with_name(path.name + PART)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _replace(path: Path, data: bytes) -> None:
    aside = path.with_name(path.name + PART)
    aside.write_bytes(data)
    aside.replace(path)
