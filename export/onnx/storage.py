"""Graphs whose weights do not fit into one protobuf file: the weights lie beside the graph.

No torch here: the exporter hands over a traced model, whose weights are written tensor by tensor.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import onnx_ir

# protobuf refuses 2 GiB; the graph itself needs some of it
LIMIT = 2**31 - 2**26

# smaller tensors stay in the graph, where shapes are worked out from them
_SMALLEST = 1024


def save_beside(
    model: onnx_ir.Model,
    path: Path,
    label: Callable[[onnx.ModelProto], None],
    finish: Callable[[onnx.ModelProto], None],
) -> int:
    """Write `path` and `path`.data; returns the bytes of both.

    `label` and `finish` change the graph (without its weights) before and after ONNX's check, which would refuse
    attributes that only TensorRT knows. All is written into a folder aside; the old graph goes before the new weights
    come, so that no graph ever stands beside another's weights.
    """
    aside = path.with_name(path.name + ".partial")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    graph, weights = aside / path.name, aside / f"{path.name}.data"
    onnx_ir.save(model, graph, external_data=weights.name, size_threshold_bytes=_SMALLEST)
    _change(graph, label)
    onnx.checker.check_model(str(graph), full_check=True)
    _change(graph, finish)
    size = graph.stat().st_size + weights.stat().st_size
    path.unlink(missing_ok=True)
    weights.replace(path.with_name(weights.name))
    graph.replace(path)
    aside.rmdir()
    return size


def _change(graph: Path, change: Callable[[onnx.ModelProto], None]) -> None:
    proto: Any = onnx.load(graph, load_external_data=False)
    change(proto)
    graph.write_bytes(proto.SerializeToString())
