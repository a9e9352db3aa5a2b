"""Tensors by the names they have on disk, in one file or in several."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from export.checkpoints.problems import CheckpointError
from export.checkpoints.tensorfile import TensorFile
from export.onnx.deferred import Lazy

PREFIXES = ("module.", "_forward_module.")
"""Put before every name by DistributedDataParallel and DeepSpeed, once or more often."""

_VARIANTS = ("", ".bf16", ".fp16")


@dataclass(frozen=True, slots=True)
class Store:
    """Tensors by name; `path` is what messages call it, `files` what was opened."""

    path: Path
    files: tuple[Path, ...]
    tensors: dict[str, Lazy]


def open_file(path: Path) -> Store:
    """The tensors of one file, the trainer's prefixes taken off their names."""
    return _gather(path, (path,))


def open_folder(folder: Path, *stems: str) -> Store:
    """The tensors of a Hugging Face folder, whose weights begin with one of `stems`.

    Whole before half precision, one file or the shards of an index, safetensors before torch's format.
    """
    for kind in ("safetensors", "bin"):
        for stem in stems:
            for variant in _VARIANTS:
                index = folder / f"{stem}.{kind}.index{variant}.json"
                if index.is_file():
                    return _gather(index, _shards(index))
                path = folder / f"{stem}{variant}.{kind}"
                if path.is_file():
                    return _gather(path, (path,))
    raise CheckpointError(f"{folder} holds no weights: there is no {stems[0]}.safetensors and no index of shards")


def bare(name: str) -> str:
    """`name` without the trainer's prefixes."""
    while any(name.startswith(prefix) for prefix in PREFIXES):
        name = name.split(".", 1)[1]
    return name


def _shards(index: Path) -> tuple[Path, ...]:
    try:
        names = set(json.loads(index.read_text())["weight_map"].values())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{index} is not an index of shards") from error
    return tuple(index.parent / name for name in sorted(names))


def _gather(path: Path, files: tuple[Path, ...]) -> Store:
    tensors: dict[str, Lazy] = {}
    for file in files:
        opened = TensorFile(file)
        for name, shape in opened.shapes.items():
            if bare(name) in tensors:
                raise CheckpointError(f"{path} holds {bare(name)} twice")
            tensors[bare(name)] = Lazy(shape, partial(opened.read, name))
    return Store(path, files, tensors)
