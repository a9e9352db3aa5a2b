"""One file of tensors, each read by itself: the file is never in memory, nor mapped there as a whole.

A mapping that tensors can be made of counts as memory that may be written: Linux refuses one of more than a machine
has, and a trained file of LLaMA-7B in fp32 has 27 GB.
"""

from __future__ import annotations

import json
import pickle
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from export.checkpoints.problems import CheckpointError

Shape = tuple[int, ...]

_ZIP = b"PK\x03\x04"
_WRAPPERS = ("state_dict", "module", "model")
_SAFETENSORS = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a tensor lies: `start` in bytes, strides in elements."""

    start: int
    dtype: torch.dtype
    shape: Shape
    strides: Shape

    @property
    def span(self) -> int:
        """Elements from the first to the last, those in between that are not the tensor's included."""
        if 0 in self.shape:
            return 0
        return 1 + sum((size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True))


class TensorFile:
    """A `.safetensors` file, or a `.pt` or `.bin` file in torch's zip format.

    `CheckpointError` on construction if it is missing, cut short, of another kind, or holds more than tensors.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise CheckpointError(f"{path} does not exist")
        self.path = path
        self._places = (_safetensors if path.suffix == ".safetensors" else _pickle)(path)

    @property
    def shapes(self) -> dict[str, Shape]:
        """Of every tensor."""
        return {name: place.shape for name, place in self._places.items()}

    def read(self, name: str) -> Tensor:
        """A tensor in the file's own type; CheckpointError if the file has become shorter since it was opened."""
        place = self._places[name]
        flat = torch.empty(place.span, dtype=place.dtype)
        with self.path.open("rb", buffering=0) as file:
            file.seek(place.start)
            if not _fill(file, flat.view(torch.uint8).numpy().data):
                raise CheckpointError(f"{self.path} is cut short: {name} ends beyond it")
        return flat.as_strided(place.shape, place.strides)


def _fill(file: Any, buffer: memoryview) -> bool:  # noqa: ANN401 - an unbuffered file
    """Fill the buffer, in as many reads as the system takes (2 GiB at most each); False at the file's end."""
    done = 0
    while done < len(buffer):
        count = file.readinto(buffer[done:])
        if not count:
            return False
        done += count
    return True


def _safetensors(path: Path) -> dict[str, _Place]:
    """From the header, after the library has found the file whole."""
    try:
        with safe_open(path, framework="numpy"):
            pass
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path} is cut short or not a safetensors file: {error}") from error
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header: dict[str, Any] = json.loads(file.read(length))
    header.pop("__metadata__", None)
    kinds = {name: entry["dtype"] for name, entry in header.items()}
    strangers = [f"{name} of the type {kind}" for name, kind in kinds.items() if kind not in _SAFETENSORS]
    if strangers:
        raise CheckpointError(f"{path} holds {strangers[0]}, which no network of ours has")
    return {
        name: _Place(
            8 + length + entry["data_offsets"][0],
            _SAFETENSORS[entry["dtype"]],
            tuple(entry["shape"]),
            torch.empty(entry["shape"], device="meta").stride(),
        )
        for name, entry in header.items()
    }


def _pickle(path: Path) -> dict[str, _Place]:
    """A file of `torch.save`: tensors by name, or below one of the names trainers put them under."""
    with path.open("rb") as file:
        if (begin := file.read(len(_ZIP))) != _ZIP:
            kind = "is cut short or damaged" if not begin else "is not in torch's zip format: read it and save it anew"
            raise CheckpointError(f"{path} {kind}")
    content = _attempt(path, lambda: _load(path))
    while isinstance(content, dict) and (inner := _wrapped(content)) is not None:
        content = inner
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} holds a {type(content).__name__}, not tensors by name")
    strangers = [str(name) for name, value in content.items() if not isinstance(value, Tensor)]
    if strangers:
        raise CheckpointError(f"{path} holds {strangers[0]}, which is not a tensor")
    return {name: _place(value) for name, value in content.items()}


def _load(path: Path) -> object:
    """What was saved, with tensors that have a place in the file but no content."""
    with FakeTensorMode():
        return torch.load(path, map_location="cpu", weights_only=True)


def _place(tensor: Any) -> _Place:  # noqa: ANN401 - `_checkpoint_offset` is in torch's documentation, not in its types
    start = tensor.untyped_storage()._checkpoint_offset + tensor.storage_offset() * tensor.element_size()  # noqa: SLF001
    return _Place(start, tensor.dtype, tuple(tensor.shape), tuple(tensor.stride()))


def _wrapped(content: dict[str, Any]) -> dict[str, Any] | None:
    return next((content[name] for name in _WRAPPERS if isinstance(content.get(name), dict)), None)


def _attempt(path: Path, load: Callable[[], object]) -> object:
    """What `load` returns, its errors as a sentence about the file."""
    try:
        return load()
    except pickle.UnpicklingError as error:
        raise CheckpointError(f"{path} holds more than tensors: save its state dict alone") from error
    except RuntimeError as error:
        reason = str(error).split("\n", 1)[0]
        raise CheckpointError(f"{path} is cut short or damaged: {reason}") from error
    except (EOFError, OSError, ValueError) as error:
        raise CheckpointError(f"{path} is cut short or damaged: {error}") from error
