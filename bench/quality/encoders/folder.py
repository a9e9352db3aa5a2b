"""Opening a model that transformers wrote into a folder, without any network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from services.errors import InvalidArgumentError, NotFoundError


def open_model(field: str, folder: Path, load: Callable[..., Any]) -> Any:  # noqa: ANN401 - transformers' classes
    """`load` is a class's `from_pretrained`; `field` names the setting in errors.

    Raises:
        NotFoundError: The folder or its config.json does not exist.
        InvalidArgumentError: Transformers cannot read it.
    """
    if not (folder / "config.json").is_file():
        raise NotFoundError(f"{field}: {folder / 'config.json'} does not exist; a folder saved by transformers has one")
    try:
        return load(folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise InvalidArgumentError(field, f"transformers cannot read {folder}: {error}") from error
