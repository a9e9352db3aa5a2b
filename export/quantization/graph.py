"""A graph before and after ModelOpt."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx

from export.onnx.exporter import mark_for_tensorrt
from export.onnx.facts import Facts
from export.onnx.storage import data_files
from export.quantization.problem import QuantizationError
from export.quantization.process import ModelOpt
from export.quantization.trajectory import Inputs


def excluded_nodes(model: Any, patterns: Sequence[str]) -> list[str]:  # noqa: ANN401 - onnx has no types
    """Names of the nodes that have a name, or a weight of a name, in which a pattern is found.

    QuantizationError for a pattern that is found nowhere: a layer thought to be excluded would not be.
    """
    weights = {tensor.name for tensor in model.graph.initializer}
    words = {node.name: [node.name, *(name for name in node.input if name in weights)] for node in model.graph.node}
    found: dict[str, None] = {}
    for pattern in patterns:
        nodes = [node for node, names in words.items() if any(re.search(pattern, name) for name in names)]
        if not nodes:
            raise QuantizationError(f"{model.graph.name}: no node and no weight has {pattern!r} in its name")
        found |= dict.fromkeys(nodes)
    return list(found)


def quantize_graph(
    tool: ModelOpt, path: Path, out: Path, facts: Facts, *, data: Inputs, patterns: Sequence[str]
) -> None:
    """Write the fp32 graph at `path` to `out` as `facts` say, aside first, then renamed; `mark` comes later."""
    aside = out.with_name(out.name + ".partial")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        aside.mkdir(parents=True)
        model: Any = onnx.load(path, load_external_data=False)
        beside = bool(data_files(path, model))
        tool.run(path, aside / out.name, facts, data, excluded_nodes(model, patterns), beside=beside)
        _describe(aside / out.name, facts)
        out.unlink(missing_ok=True)
        for file in sorted(aside.iterdir(), key=lambda file: file.name == out.name):  # the graph last
            file.replace(out.with_name(file.name))
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def mark(path: Path) -> None:
    """Put into a quantized graph what only TensorRT takes; ONNX Runtime refuses it from then on."""
    model: Any = onnx.load(path, load_external_data=False)
    mark_for_tensorrt(model)
    _replace(path, model)


def _describe(path: Path, facts: Facts) -> None:
    model: Any = onnx.load(path, load_external_data=False)
    if not any(node.op_type == "QuantizeLinear" for node in model.graph.node):
        raise QuantizationError(f"{path.name}: ModelOpt quantized nothing")
    del model.metadata_props[:]
    facts.write(model)
    _replace(path, model)


def _replace(path: Path, model: Any) -> None:  # noqa: ANN401 - onnx has no types
    aside = path.with_suffix(".aside")
    aside.write_bytes(model.SerializeToString())
    aside.replace(path)
