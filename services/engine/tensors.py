"""Reading a request's named tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.engine.arrays import Floats
from services.errors import InvalidArgumentError

Tensors = Mapping[str, NDArray[Any]]


def integer(tensors: Tensors, name: str, default: int | None = None) -> int:
    """The single whole number in `name`; InvalidArgumentError if it is missing without default, or not single."""
    value = _single(tensors, name)
    if value is not None:
        return int(value)
    if default is None:
        raise InvalidArgumentError(name, "it is missing")
    return default


def number(tensors: Tensors, name: str, default: float) -> float:
    """The single number in `name`."""
    value = _single(tensors, name)
    return default if value is None else float(value)


def floats(tensors: Tensors, name: str) -> Floats:
    """A copy of `name`, which must be there."""
    if name not in tensors:
        raise InvalidArgumentError(name, "it is missing")
    return np.array(tensors[name], np.float32)


def _single(tensors: Tensors, name: str) -> Any | None:  # noqa: ANN401
    values = tensors.get(name)
    if values is None:
        return None
    if values.size != 1:
        raise InvalidArgumentError(name, f"{values.size} values instead of one")
    return values.reshape(())[()]
