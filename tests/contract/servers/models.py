"""The models that the tests' Tritons serve: the repository's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.settings import ROOT
from services.manifest import FILE, Manifest

_WEIGHTS = ROOT / "export/weights/wegen-tiny"
_EXPORTED = ("*.onnx", "*.onnx.data", "*.plan", "manifest.json", "tokenizer.model", "__pycache__")


@pytest.fixture(scope="session")
def model_repository() -> Path:
    """The exported models: those that are there, else built from the trained weights, else from random ones."""
    folder = ROOT / "model_repository"
    if not (folder / FILE).is_file():
        trained = any(_WEIGHTS.glob("*.safetensors"))
        command = [sys.executable, "-m", "export", "build", "--preset", "wegen-tiny"]
        subprocess.run([*command, *([] if trained else ["--random"])], cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="session")
def manifest(model_repository: Path) -> Manifest:
    return Manifest.load(model_repository)


def bare_copy(folder: Path) -> Path:
    """This checkout's model repository without what an export writes into it."""
    shutil.copytree(ROOT / "model_repository", folder, ignore=shutil.ignore_patterns(*_EXPORTED), dirs_exist_ok=True)
    return folder
