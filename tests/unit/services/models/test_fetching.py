from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from services.errors import FailedPreconditionError, NotFoundError, UnavailableError
from services.models.fetching import ATTEMPTS, Fetch
from services.models.index import FILE, Index
from services.models.publishing import publish
from tests.fakes.files import MemoryFiles

GRAPH = "eva_clip/1/model.onnx"
CONTENT = {
    "manifest.json": b"{}",
    GRAPH: bytes(range(256)) * 3,
    "eva_clip/config.pbtxt": b'backend: "python"',
    "empty/1/README": b"",
}


@pytest.fixture
def published(tmp_path: Path) -> MemoryFiles:
    folder = tmp_path / "published"
    for name, data in CONTENT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "eva_clip/1/__pycache__").mkdir()
    (folder / "eva_clip/1/__pycache__/model.pyc").write_bytes(b"x")
    (folder / ".gitignore").write_bytes(b"x")
    files = MemoryFiles()
    publish(folder, files)
    return files


def _fetch(files: MemoryFiles, folder: Path) -> tuple[Index, list[float]]:
    pauses: list[float] = []
    return Fetch(files, folder, threads=2, pause=pauses.append).run(), pauses


def _content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_was_published_arrives_and_nothing_else(published: MemoryFiles, tmp_path: Path) -> None:
    index, pauses = _fetch(published, tmp_path / "models")
    found = _content(tmp_path / "models")
    assert found == CONTENT | {FILE: index.render()}
    assert (index.size, pauses) == (sum(map(len, CONTENT.values())), [])


def test_a_whole_folder_is_not_fetched_again(published: MemoryFiles, tmp_path: Path) -> None:
    _fetch(published, tmp_path / "models")
    published.offsets.clear()
    _fetch(published, tmp_path / "models")
    assert published.offsets == [(FILE, 0)]


def test_a_broken_connection_goes_on_behind_the_bytes_that_came(published: MemoryFiles, tmp_path: Path) -> None:
    published.cuts[GRAPH] = [100, 50]
    _, pauses = _fetch(published, tmp_path / "models")
    assert [offset for file, offset in published.offsets if file == GRAPH] == [0, 100, 150]
    assert pauses == [2.0, 4.0]
    assert (tmp_path / "models" / GRAPH).read_bytes() == CONTENT[GRAPH]


def test_another_start_goes_on_too_and_the_index_says_when_all_is_there(published: MemoryFiles, tmp_path: Path) -> None:
    models = tmp_path / "models"
    published.cuts[GRAPH] = [100] + [0] * (ATTEMPTS - 1)
    with pytest.raises(UnavailableError):
        _fetch(published, models)
    assert not (models / FILE).exists()
    assert not (models / GRAPH).exists()
    published.offsets.clear()
    _fetch(published, models)
    assert (GRAPH, 100) in published.offsets
    assert _content(models).keys() == CONTENT.keys() | {FILE}


def test_half_of_an_older_version_is_begun_again(published: MemoryFiles, tmp_path: Path) -> None:
    part = tmp_path / "models" / (GRAPH + ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"older" * 20)
    _fetch(published, tmp_path / "models")
    assert (tmp_path / "models" / GRAPH).read_bytes() == CONTENT[GRAPH]


def test_a_new_version_replaces_what_differs_and_removes_what_is_gone(published: MemoryFiles, tmp_path: Path) -> None:
    models, newer = tmp_path / "models", tmp_path / "newer"
    _fetch(published, models)
    shutil.copytree(tmp_path / "published", newer)
    (newer / GRAPH).write_bytes(b"new" * 256)
    shutil.rmtree(newer / "empty")
    publish(newer, published)
    published.offsets.clear()
    _fetch(published, models)
    assert sorted(file for file, _ in published.offsets) == [GRAPH, FILE]
    assert (models / GRAPH).read_bytes() == b"new" * 256
    assert not (models / "empty/1/README").exists()


def test_other_bytes_than_published_are_refused_and_not_kept(published: MemoryFiles, tmp_path: Path) -> None:
    published.held[GRAPH] = b"x" * len(CONTENT[GRAPH])
    with pytest.raises(FailedPreconditionError, match=rf"{GRAPH} is not what was published"):
        _fetch(published, tmp_path / "models")
    assert {GRAPH, GRAPH + ".part", FILE}.isdisjoint(_content(tmp_path / "models"))


def test_a_disk_too_small_is_said_before_anything_is_fetched(published: MemoryFiles, tmp_path: Path) -> None:
    huge = Index.parse(published.held[FILE], FILE).model_dump()
    huge["files"][0]["size"] = 1 << 60
    published.held[FILE] = Index.model_validate(huge).render()
    with pytest.raises(FailedPreconditionError, match=r"GiB free, the model needs 1073741824\.0 GiB more"):
        _fetch(published, tmp_path / "models")
    assert published.offsets == [(FILE, 0)]


def test_nothing_published_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"index\.json"):
        _fetch(MemoryFiles(), tmp_path / "models")
    assert not (tmp_path / "models").exists()
