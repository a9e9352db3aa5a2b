"""Folders of published models."""

from __future__ import annotations

from pathlib import Path


class ModelFolderError(ValueError):
    """A folder holds no model."""


def model_folder(path: Path, role: str) -> str:
    """`path` where it holds a model's `config.json`; nothing is ever fetched. ModelFolderError otherwise."""
    if not (path / "config.json").is_file():
        raise ModelFolderError(f"{role}: {path} holds no config.json, a downloaded model's folder is wanted")
    return str(path)
