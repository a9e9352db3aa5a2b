"""What an engine hands to the exporter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from export.onnx.deferred import Read
from export.onnx.precision import Precision
from export.presets import Preset

OPSET = 24

# the names of an axis's symbolic dimensions, by position
Axes = dict[int, str]


@dataclass(frozen=True, slots=True)
class GraphInput:
    """One input: a tensor to trace with, and which of its axes are dynamic."""

    name: str
    example: Tensor
    axes: Axes = field(default_factory=dict)


def latents_input(preset: Preset, channels: int, batch: int) -> GraphInput:
    """Latents f32 [batch, channels, h, w]; a preset that is served at several sizes leaves height and width open."""
    if not preset.serving.buckets:
        side = preset.latent_size
        return GraphInput("latents", torch.zeros(batch, channels, side, side), {0: "batch"})
    # the last bucket: height and width differ there, so that a graph cannot take one for the other
    height, width = (pixels // preset.decoder.factor for pixels in preset.serving.buckets[-1])
    return GraphInput("latents", torch.zeros(batch, channels, height, width), {0: "batch", 2: "height", 3: "width"})


@dataclass(frozen=True, slots=True)
class Graph:
    """A module whose `forward` takes `inputs` in order and returns `outputs` in order.

    `deferred` has, by the module's names, the weights that are read when the graph is written; `scales` the factors
    that some were multiplied by, or are to be when they are read.
    """

    name: str
    module: nn.Module
    inputs: tuple[GraphInput, ...]
    outputs: tuple[str, ...]
    precision: Precision
    translations: dict[Callable[..., object], Callable[..., object]] = field(default_factory=dict)
    deferred: Mapping[str, Read] = field(default_factory=dict)
    scales: Mapping[str, float] = field(default_factory=dict)

    @property
    def examples(self) -> tuple[Tensor, ...]:
        """The tensors to trace with."""
        return tuple(item.example for item in self.inputs)
