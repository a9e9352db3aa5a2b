"""Opening a model that transformers wrote into a folder, without any network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from export.training.diic.detectors import folder as models
from services.errors import InvalidArgumentError, NotFoundError


def open_model(field: str, folder: Path, kind: Any) -> Any:  # noqa: ANN401 - transformers' classes are untyped
    """An object of transformers' class `kind`; `field` names the setting in errors.

    Raises:
        NotFoundError: The folder or its config.json does not exist.
        InvalidArgumentError: Transformers cannot read it.
    """
    try:
        return models.open_model(folder, field, kind)
    except models.ModelFolderError as error:
        raise NotFoundError(str(error)) from error
    except (OSError, ValueError, KeyError) as error:
        raise InvalidArgumentError(field, f"transformers cannot read {folder}: {error}") from error
