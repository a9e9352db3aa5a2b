"""From a model repository on disk to an S3."""

from __future__ import annotations

import tempfile
from pathlib import Path

import structlog

from services.manifest import file_sha256
from services.models.bucket import Files
from services.models.index import FILE, Index, IndexedFile, read_folder

_log = structlog.get_logger(__name__)


def publish(folder: Path, files: Files) -> Index:
    """Write every file of `folder`, then the index that names them all.

    Whoever fetches meanwhile sees the index from before and files that do not match it, which is an error and not a
    mixture: a new version belongs under a prefix of its own.
    """
    paths = read_folder(folder)
    entries: list[IndexedFile] = []
    for number, path in enumerate(paths, 1):
        name = path.relative_to(folder).as_posix()
        entry = IndexedFile(file=name, size=path.stat().st_size, sha256=file_sha256(path))
        files.write(name, path)
        entries.append(entry)
        _log.info("model file published", file=name, bytes=entry.size, done=number, of=len(paths))
    index = Index(files=tuple(entries))
    _write_index(index, files)
    return index


def _write_index(index: Index, files: Files) -> None:
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(index.render())
        file.flush()
        files.write(FILE, Path(file.name))
