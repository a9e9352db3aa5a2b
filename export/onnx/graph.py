"""What an engine hands to the exporter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor, nn

from export.onnx.precision import Precision

OPSET = 24

# the names of an axis's symbolic dimensions, by position
Axes = dict[int, str]


@dataclass(frozen=True, slots=True)
class GraphInput:
    """One input: a tensor to trace with, and which of its axes are dynamic."""

    name: str
    example: Tensor
    axes: Axes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Graph:
    """A module whose `forward` takes `inputs` in order and returns `outputs` in order."""

    name: str
    module: nn.Module
    inputs: tuple[GraphInput, ...]
    outputs: tuple[str, ...]
    precision: Precision
    translations: dict[Callable[..., object], Callable[..., object]] = field(default_factory=dict)

    @property
    def examples(self) -> tuple[Tensor, ...]:
        """The tensors to trace with."""
        return tuple(item.example for item in self.inputs)
