"""One file of tensors, mapped into memory."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from export.checkpoints.problems import CheckpointError

Shape = tuple[int, ...]

RENEWAL = 64 * 2**20
"""Bytes read through one mapping, after which another takes its place: pages that were read stay resident with it.

More for a file above 4 GiB, so that there are never above `_MAPPINGS` of it where tensors are kept.
"""

_MAPPINGS = 64

_WRAPPERS = ("state_dict", "module", "model")


class MappedFile:
    """A `.safetensors` file, or a `.pt` or `.bin` file in torch's zip format.

    `CheckpointError` on construction if it is missing, cut short, of another kind, or holds more than tensors.
    Tensors are views into the file: it may not change while one is alive.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise CheckpointError(f"{path} does not exist")
        self.path = path
        self._open: type[_Safetensors] | type[_Pickle] = _Safetensors if path.suffix == ".safetensors" else _Pickle
        self._mapping: _Safetensors | _Pickle | None = None
        self._read, self._renewal = 0, max(RENEWAL, path.stat().st_size // _MAPPINGS)
        self.shapes = self._open(path).shapes()

    def read(self, name: str) -> Tensor:
        """A tensor in the file's own type; its pages are read when it is used."""
        if self._mapping is None or self._read > self._renewal:
            self._mapping, self._read = self._open(self.path), 0
        tensor = self._mapping.tensor(name)
        self._read += tensor.nbytes
        return tensor


class _Safetensors:
    """An open safetensors file."""

    def __init__(self, path: Path) -> None:
        try:
            self._file: Any = safe_open(path, framework="pt", device="cpu")
        except (SafetensorError, OSError, ValueError) as error:
            raise CheckpointError(f"{path} is cut short or not a safetensors file: {error}") from error

    def shapes(self) -> dict[str, Shape]:
        """Of every tensor, from the header alone."""
        return {name: tuple(self._file.get_slice(name).get_shape()) for name in self._file.keys()}  # noqa: SIM118

    def tensor(self, name: str) -> Tensor:
        """A view into the file."""
        tensor: Tensor = self._file.get_tensor(name)
        return tensor


class _Pickle:
    """An open file of `torch.save`: tensors by name, or below one of the names trainers put them under."""

    def __init__(self, path: Path) -> None:
        content = _attempt(path, lambda: torch.load(path, map_location="cpu", weights_only=True, mmap=True))
        while isinstance(content, dict) and (inner := _wrapped(content)) is not None:
            content = inner
        if not isinstance(content, dict):
            raise CheckpointError(f"{path} holds a {type(content).__name__}, not tensors by name")
        strangers = [str(name) for name, value in content.items() if not isinstance(value, Tensor)]
        if strangers:
            raise CheckpointError(f"{path} holds {strangers[0]}, which is not a tensor")
        self._tensors: dict[str, Tensor] = content

    def shapes(self) -> dict[str, Shape]:
        """Of every tensor."""
        return {name: tuple(value.shape) for name, value in self._tensors.items()}

    def tensor(self, name: str) -> Tensor:
        """A view into the file."""
        return self._tensors[name]


def _wrapped(content: dict[str, Any]) -> dict[str, Any] | None:
    return next((content[name] for name in _WRAPPERS if isinstance(content.get(name), dict)), None)


def _attempt(path: Path, load: Callable[[], object]) -> object:
    """What `load` returns, its errors as a sentence about the file."""
    try:
        return load()
    except pickle.UnpicklingError as error:
        raise CheckpointError(f"{path} holds more than tensors: save its state dict alone") from error
    except RuntimeError as error:
        if "mmap can only be used" in str(error):
            raise CheckpointError(f"{path} is not in torch's zip format: read it and save it anew") from error
        reason = str(error).split("\n", 1)[0]
        if "unable to mmap" in reason:
            raise CheckpointError(f"{path} cannot be mapped: {reason}") from error
        raise CheckpointError(f"{path} is cut short or damaged: {reason}") from error
    except (EOFError, OSError, ValueError) as error:
        raise CheckpointError(f"{path} is cut short or damaged: {error}") from error
