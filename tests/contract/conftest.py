"""One real Triton with random weights, and one real S3, for the session."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.manifest import Manifest
from tests.contract.servers.radosgw import s3_server
from tests.contract.servers.triton_server import TritonServer

__all__ = ["s3_server"]
ROOT = Path(__file__).resolve().parents[2]
WRITTEN = ("*.onnx", "*.onnx.data", "*.plan", "manifest.json", "tokenizer.model", "__pycache__")
# The graphs are built once and kept, since the folder's weights are always the same: exporting them takes a minute.
ENGINES = ROOT / ".cache" / "random-engines"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.contract)


@pytest.fixture(scope="session")
def authors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seeded random weights of wegen-tiny's sizes, as the authors' checkpoint folder has them."""
    folder = tmp_path_factory.mktemp("checkpoint") / "authors"
    _export("miniature", str(folder), "--random")
    return folder


@pytest.fixture(scope="session")
def random_repository(authors: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command makes of `authors`, with this checkout's configurations."""
    folder = tmp_path_factory.mktemp("repository")
    shutil.copytree(ROOT / "model_repository", folder, ignore=shutil.ignore_patterns(*WRITTEN), dirs_exist_ok=True)
    _export("build", "--checkpoint", str(authors), "--preset", "wegen-tiny", "--repository", str(ENGINES))
    shutil.copytree(ENGINES, folder, ignore=shutil.ignore_patterns("*.p*"), dirs_exist_ok=True)
    return folder


def _export(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "export", *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def manifest(random_repository: Path) -> Manifest:
    return Manifest.load(random_repository)


@pytest.fixture(scope="session")
def triton(random_repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TritonServer]:
    server = TritonServer(random_repository, tmp_path_factory.mktemp("triton"))
    try:
        server.start()
        yield server
    finally:
        server.stop()
