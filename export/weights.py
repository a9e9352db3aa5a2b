"""A preset's networks with their weights: read from safetensors, strictly, or random from a seed."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from export.networks import LanguageModel, VisionTower, build_decoder, build_denoiser, build_language, build_vision
from export.presets import Preset

ROOT = Path(__file__).parent / "weights"
TOKENIZER_FILE = "tokenizer.model"

_BUILDERS: dict[str, Callable[[Preset], Any]] = {
    "vision": build_vision,
    "language": build_language,
    "denoiser": build_denoiser,
    "decoder": build_decoder,
}
NETWORKS = tuple(_BUILDERS)

Shape = tuple[int, ...]


class WeightsError(ValueError):
    """Weights are missing or do not fit the preset; the message names file and tensor."""


@dataclass(frozen=True, slots=True)
class Networks:
    """The four networks; `denoiser` and `decoder` are diffusers' own classes."""

    vision: VisionTower
    language: LanguageModel
    denoiser: nn.Module
    decoder: nn.Module


def default_folder(preset: Preset) -> Path:
    """Where a preset's weights lie if no other folder is given."""
    return ROOT / preset.name


def weights_file(folder: Path, network: str) -> Path:
    """`network` is one of `NETWORKS`."""
    return folder / f"{network}.safetensors"


def load_networks(preset: Preset, folder: Path) -> Networks:
    """All four networks in eval mode; `WeightsError` if a file is missing or differs from the preset."""
    return _gather({name: load_network(preset, folder, name) for name in NETWORKS})


def load_network(preset: Preset, folder: Path, network: str) -> nn.Module:
    """One network in eval mode, fp32."""
    module: nn.Module = _BUILDERS[network](preset)
    path = weights_file(folder, network)
    if not path.is_file():
        raise WeightsError(f"{path} does not exist: train the preset, give --weights, or use --random")
    try:
        state = load_file(path)
    except SafetensorError as error:
        raise WeightsError(f"{path} is not a safetensors file: {error}") from error
    check_shapes(path, shapes(module), {name: tuple(value.shape) for name, value in state.items()})
    module.load_state_dict({name: value.float() for name, value in state.items()}, strict=True)
    return module.eval()


def empty_network(preset: Preset, network: str) -> nn.Module:
    """One network on torch's meta device: shapes without weights."""
    with torch.device("meta"):
        module: nn.Module = _BUILDERS[network](preset)
    return module


def shapes(module: nn.Module) -> dict[str, Shape]:
    """The shape of each of a network's tensors."""
    return {name: tuple(value.shape) for name, value in module.state_dict().items()}


def random_networks(preset: Preset, seed: int = 0) -> Networks:
    """All four networks with random weights, the same for the same seed."""
    return _gather({name: random_network(preset, name, seed) for name in NETWORKS})


def random_network(preset: Preset, network: str, seed: int = 0) -> nn.Module:
    """One network with random weights, the same as in `random_networks`."""
    module = empty_network(preset, network)
    state = {name: random_weight(name, shape, seed) for name, shape in shapes(module).items()}
    module.load_state_dict(state, strict=True, assign=True)
    return module.eval()


def random_weight(name: str, shape: Shape, seed: int = 0) -> torch.Tensor:
    """The weight called `name`, fp32, by itself: as large as torch's initial ones, norms around 1."""
    random = torch.Generator().manual_seed(zlib.crc32(f"{seed} {name}".encode()))
    if len(shape) <= 1:
        values = torch.empty(shape).uniform_(-0.1, 0.1, generator=random)
        return values + 1 if "norm" in name and name.endswith("weight") else values
    bound = (prod(shape) / shape[0]) ** -0.5
    return torch.empty(shape).uniform_(-bound, bound, generator=random)


def save_network(module: nn.Module, folder: Path, network: str) -> Path:
    """Write a network where `load_network` looks for it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = weights_file(folder, network)
    save_file({name: value.contiguous() for name, value in module.state_dict().items()}, path)
    return path


def _gather(modules: dict[str, Any]) -> Networks:
    return Networks(**modules)


def check_shapes(path: Path, wanted: Mapping[str, Shape], found: Mapping[str, Shape]) -> None:
    """`WeightsError` unless `path` holds every tensor of the network and no other, each of the right shape."""
    problems = [f"lacks {name}" for name in sorted(wanted.keys() - found.keys())]
    problems += [f"has an unknown {name}" for name in sorted(found.keys() - wanted.keys())]
    problems += [
        f"{name} is {list(found[name])}, the preset wants {list(wanted[name])}"
        for name in sorted(wanted.keys() & found.keys())
        if wanted[name] != found[name]
    ]
    if problems:
        more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
        raise WeightsError(f"{path}: {'; '.join(problems[:3])}{more}")
