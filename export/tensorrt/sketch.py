"""A graph before it is exported: what it will take in and how large it will be, from the preset alone."""

from __future__ import annotations

from pathlib import Path

from export.onnx.engines import Engine
from export.onnx.exporter import weight_bytes
from export.onnx.facts import Facts
from export.onnx.graph import GraphInput
from export.onnx.precision import Precision
from export.presets import Preset
from export.tensorrt.graph import GraphFile, Tensor
from export.weights import empty_network


def sketch_graph(engine: Engine, preset: Preset, precision: Precision, span: int, path: Path) -> GraphFile:
    """The graph of `engine` that will lie at `path`, without outputs and hashes; no weight is allocated."""
    graph = engine.build(empty_network(preset, engine.network), preset, precision, span)
    facts = Facts(preset.name, precision.value, "")
    inputs = tuple(_tensor(item) for item in graph.inputs)
    return GraphFile(engine.name, path, "", weight_bytes(graph.module), facts, inputs, ())


def _tensor(item: GraphInput) -> Tensor:
    shape = tuple(item.axes.get(axis, size) for axis, size in enumerate(item.example.shape))
    return Tensor(item.name, str(item.example.dtype).removeprefix("torch."), shape)
