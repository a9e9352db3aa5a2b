"""Stands in for the interpreter that has ModelOpt: rounds each product's weights to 8 bits by a Q/DQ pair of its own.

`python fake_modelopt.py SCRIPT JOB`; it fails where the job says "entropy".
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper


def main(job: Path) -> None:
    wanted = json.loads(job.read_text())
    if wanted["calibration_method"] == "entropy":
        raise ValueError("no range for node_conv2d")
    rows = {name: len(values) for name, values in np.load(wanted["calibration"]).items()}
    assert len(set(rows.values())) == 1
    model = onnx.load(wanted["onnx_path"])
    weights = {tensor.name: tensor for tensor in model.graph.initializer if len(tensor.dims) > 1}
    for node in list(model.graph.node):
        name = node.input[1] if node.op_type == "Conv" else ""
        if name in weights and node.name not in wanted["nodes_to_exclude"]:
            quantize(model.graph, node, numpy_helper.to_array(weights[name]))
    onnx.save(model, wanted["output_path"])


def quantize(graph: onnx.GraphProto, node: onnx.NodeProto, weight: NDArray[Any]) -> None:
    name = node.input[1]
    scale, zero = (numpy_helper.from_array(value, f"{name}.{end}") for end, value in scales(weight))
    graph.initializer.extend([scale, zero])
    pair = [
        helper.make_node("QuantizeLinear", [name, scale.name, zero.name], [f"{name}.q"]),
        helper.make_node("DequantizeLinear", [f"{name}.q", scale.name, zero.name], [f"{name}.dq"]),
    ]
    place = list(graph.node).index(node)
    node.input[1] = f"{name}.dq"
    for offset, each in enumerate(pair):
        graph.node.insert(place + offset, each)


def scales(weight: NDArray[Any]) -> list[tuple[str, NDArray[Any]]]:
    return [("scale", np.array(np.abs(weight).max() / 127, weight.dtype)), ("zero", np.array(0, np.int8))]


if __name__ == "__main__":
    main(Path(sys.argv[2]))
