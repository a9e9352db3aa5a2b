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


def data_files(path: Path, model: Any) -> list[Path]:  # noqa: ANN401 - onnx has no types
    """The files beside `path` that the weights of its `model` lie in."""
    return [path.with_name(name) for name in sorted(_lengths(model))]


def cut_short(path: Path, model: Any) -> Path | None:  # noqa: ANN401 - onnx has no types
    """The file of weights beside `path` that is missing, or ends before the last of them."""
    files = ((path.with_name(name), length) for name, length in sorted(_lengths(model).items()))
    return next((file for file, length in files if not file.is_file() or file.stat().st_size < length), None)


def _lengths(model: Any) -> dict[str, int]:  # noqa: ANN401 - onnx has no types
    """How long each file is at least, from where its weights lie."""
    lengths: dict[str, int] = {}
    for tensor in model.graph.initializer:
        place = {entry.key: entry.value for entry in tensor.external_data}
        if "location" in place:
            end = int(place.get("offset", "0")) + int(place.get("length", "0"))
            lengths[place["location"]] = max(end, lengths.get(place["location"], 0))
    return lengths


def _change(graph: Path, change: Callable[[onnx.ModelProto], None]) -> None:
    proto: Any = onnx.load(graph, load_external_data=False)
    change(proto)
    graph.write_bytes(proto.SerializeToString())
