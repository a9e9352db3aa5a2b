"""Where a build takes networks from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import torch
from torch import nn

from export.checkpoints.store import open_file
from export.digest import file_digest
from export.onnx.deferred import Lazy, Outline, outlined
from export.presets import Preset
from export.random_tokenizer import train_tokenizer
from export.weights import (
    NETWORKS,
    TOKENIZER_FILE,
    WeightsError,
    check_shapes,
    empty_network,
    random_weight,
    shapes,
    weights_file,
)


class WeightsSource(Protocol):
    """What a build takes networks from."""

    @property
    def preset(self) -> Preset:
        """The sizes of all networks."""

    def outline(self, name: str, dtype: torch.dtype = torch.float32) -> Outline:
        """The network called `name`, a new one each time; what is still to be read is of the type `dtype`."""

    def digests(self) -> dict[str, str]:
        """For each network a hash that changes with its weights."""

    def origin(self) -> dict[str, str]:
        """What the manifest says of the weights: SHA-256 by name."""

    def tokenizer(self) -> bytes:
        """tokenizer.model's bytes."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where weights come from: a folder, or a seed (`random`) with the folder's tokenizer if it has one."""

    preset: Preset
    folder: Path
    random: bool = False

    def outline(self, name: str, dtype: torch.dtype = torch.float32) -> Outline:
        """The network called `name`, its large weights read, or drawn, one by one when its graph is written."""
        module = empty_network(self.preset, name)
        return outlined(module, self._random(module) if self.random else self._stored(module, name), dtype)

    def digests(self) -> dict[str, str]:
        """SHA-256 of each network's weights file, or "random"."""
        if self.random:
            return dict.fromkeys(NETWORKS, "random")
        paths = {name: weights_file(self.folder, name) for name in NETWORKS}
        missing = [path for path in paths.values() if not path.is_file()]
        if missing:
            raise WeightsError(f"{missing[0]} does not exist: train the preset, give --weights, or use --random")
        return {name: file_digest(path) for name, path in paths.items()}

    def origin(self) -> dict[str, str]:
        """As `digests`: each network is one file."""
        return self.digests()

    def tokenizer(self) -> bytes:
        """tokenizer.model's bytes."""
        path = self.folder / TOKENIZER_FILE
        if path.is_file():
            return path.read_bytes()
        if self.random:
            return train_tokenizer(self.preset)
        raise WeightsError(f"{path} does not exist: train the preset, give --weights, or use --random")

    def _random(self, module: nn.Module) -> dict[str, Lazy]:
        return {key: Lazy(shape, partial(random_weight, key, shape)) for key, shape in shapes(module).items()}

    def _stored(self, module: nn.Module, name: str) -> dict[str, Lazy]:
        path = weights_file(self.folder, name)
        tensors = open_file(path).tensors
        check_shapes(path, shapes(module), {key: lazy.shape for key, lazy in tensors.items()})
        return tensors
