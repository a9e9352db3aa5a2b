"""Folders of published models."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class ModelFolderError(ValueError):
    """A folder holds no model."""


def open_model(folder: Path, role: str, kind: Any) -> Any:  # noqa: ANN401 - transformers' classes are untyped
    """An object of transformers' class `kind` from a local folder; nothing is ever fetched.

    Raises:
        ModelFolderError: `folder` holds no `config.json`; `role` names the setting in the message.
        OSError, ValueError or KeyError: transformers cannot read it.
    """
    if not (folder / "config.json").is_file():
        raise ModelFolderError(f"{role}: {folder} holds no config.json, a downloaded model's folder is wanted")
    return kind.from_pretrained(str(folder), local_files_only=True)
