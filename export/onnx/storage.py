"""Graphs with many weights: they lie beside the graph, written tensor by tensor.

No torch here: the exporter hands over a traced model.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import onnx_ir
from tqdm import tqdm

LIMIT = 2**28
"""Most bytes of weights within a graph: protobuf refuses 2 GiB, and has several copies of less in memory."""

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
    with tqdm(desc=path.name, unit="B", unit_scale=True, leave=False, disable=None) as bar:

        def written(tensor: Any, _: Any) -> None:  # noqa: ANN401 - onnx_ir's own protocols
            bar.update(tensor.nbytes)

        onnx_ir.save(model, graph, external_data=weights.name, size_threshold_bytes=_SMALLEST, callback=written)
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
