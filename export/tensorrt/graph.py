"""What a plan's build needs to know of an exported graph, read without its weights."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from export.onnx.facts import Facts
from export.tensorrt.problem import GraphError

Shape = tuple[int | str, ...]

# names of ONNX's element types, by number, and the bytes of an element
_TYPES = {1: "float32", 2: "uint8", 7: "int64", 9: "bool", 10: "float16", 16: "bfloat16"}
_BYTES = {"float32": 4, "uint8": 1, "int64": 8, "bool": 1, "float16": 2, "bfloat16": 2}


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output; a dynamic axis is a name."""

    name: str
    dtype: str
    shape: Shape

    def bytes_at(self, sizes: dict[str, int]) -> int:
        """Bytes with the dynamic axes at `sizes`."""
        return _BYTES[self.dtype] * prod(axis if isinstance(axis, int) else sizes[axis] for axis in self.shape)

    @property
    def axes(self) -> tuple[str, ...]:
        """The dynamic axes' names."""
        return tuple(axis for axis in self.shape if isinstance(axis, str))


@dataclass(frozen=True, slots=True)
class GraphFile:
    """An ONNX file with its weights: `size` bytes together, `sha256` of all of it."""

    engine: str
    path: Path
    sha256: str
    size: int
    facts: Facts
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    @property
    def axes(self) -> frozenset[str]:
        """Every dynamic axis of the inputs."""
        return frozenset(axis for tensor in self.inputs for axis in tensor.axes)


def read_graph(engine: str, path: Path) -> GraphFile:
    """Read the graph of `engine`; GraphError if it is missing, broken or lacks what its export writes down."""
    if not path.is_file():
        raise GraphError(f"{path} does not exist: write it with `python -m export graphs`")
    import onnx  # noqa: PLC0415 - half a second that a refusal need not wait for
    from google.protobuf.message import DecodeError  # noqa: PLC0415

    try:
        model = onnx.load(path, load_external_data=False)
    except DecodeError as error:
        raise GraphError(f"{path} is not a whole ONNX file: write it again with `python -m export graphs`") from error
    facts = Facts.of(model)
    if facts is None:
        raise GraphError(f"{path} does not say what it was made of: write it with `python -m export graphs`")
    files = _files(path, model)
    inputs, outputs = _tensors(path, model.graph.input), _tensors(path, model.graph.output)
    size = sum(file.stat().st_size for file in files)
    return GraphFile(engine, path, _digest(files), size, facts, inputs, outputs)


def _files(path: Path, model: Any) -> list[Path]:  # noqa: ANN401 - onnx has no types
    """The graph and the files its weights lie in; GraphError if one of them is missing or cut short."""
    from export.onnx.storage import cut_short, data_files  # noqa: PLC0415 - with onnx, as above

    bad = cut_short(path, model)
    if bad is not None:
        what = "is cut short" if bad.is_file() else "does not exist"
        raise GraphError(f"{bad} {what}, though {path.name} has weights in it: write both again")
    return [path, *data_files(path, model)]


def _tensors(path: Path, values: Any) -> tuple[Tensor, ...]:  # noqa: ANN401 - onnx has no types
    return tuple(_tensor(path, value) for value in values)


def _tensor(path: Path, value: Any) -> Tensor:  # noqa: ANN401 - onnx has no types
    kind = value.type.tensor_type
    if kind.elem_type not in _TYPES:
        raise GraphError(f"{path}: {value.name} is of ONNX type {kind.elem_type}, which no engine of ours has")
    shape = tuple(axis.dim_param or axis.dim_value for axis in kind.shape.dim)
    return Tensor(value.name, _TYPES[kind.elem_type], shape)


def _digest(files: list[Path]) -> str:
    total = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()
