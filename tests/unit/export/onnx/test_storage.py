"""Graphs with their weights beside them: whole, checked, and never beside another's weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx_ir
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper

from export.onnx.exporter import SOURCE_KEY, source_of
from export.onnx.facts import Facts
from export.onnx.storage import save_beside

ROWS = 4
FACTS = Facts("wegen-7b", "fp16", "ab" * 32)


def scaling(factor: float, width: int = 512) -> onnx_ir.Model:
    weights = numpy_helper.from_array(np.full((ROWS, width), factor, np.float32), "weights")
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "weights"], ["y"])],
        "scaling",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [ROWS, 512])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [ROWS, 512])],
        [weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 24)])
    model.ir_version = 12
    return onnx_ir.from_proto(model)


def nothing(model: onnx.ModelProto) -> None:
    del model


def run(path: Path) -> float:
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"x": np.ones((ROWS, 512), np.float32)})
    return float(found.mean())


def test_weights_lie_beside_a_graph_that_runs(tmp_path: Path) -> None:
    path = tmp_path / "out" / "scaling.onnx"
    size = save_beside(scaling(3), path, FACTS.write, nothing)
    data = path.with_name("scaling.onnx.data")
    assert data.stat().st_size >= ROWS * 512 * 4 > path.stat().st_size
    assert size == data.stat().st_size + path.stat().st_size
    assert sorted(file.name for file in path.parent.iterdir()) == ["scaling.onnx", "scaling.onnx.data"]
    assert Facts.of(onnx.load(path, load_external_data=False)) == FACTS
    assert run(path) == 3


def test_a_second_export_replaces_both(tmp_path: Path) -> None:
    path = tmp_path / "scaling.onnx"
    save_beside(scaling(3), path, nothing, nothing)
    save_beside(scaling(5), path, nothing, nothing)
    assert run(path) == 5


def test_a_refused_graph_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "scaling.onnx"
    save_beside(scaling(3), path, nothing, nothing)
    with pytest.raises(onnx.shape_inference.InferenceError):
        save_beside(scaling(5, width=511), path, nothing, nothing)
    assert run(path) == 3


def test_weights_cut_short_are_no_export(tmp_path: Path) -> None:
    path = tmp_path / "scaling.onnx"
    save_beside(scaling(3), path, lambda model: label(model, "made of"), nothing)
    data = path.with_name("scaling.onnx.data")
    assert source_of(path) == "made of"
    data.write_bytes(data.read_bytes()[:-1])
    assert source_of(path) == ""
    data.unlink()
    assert source_of(path) == ""


def label(model: onnx.ModelProto, source: str) -> None:
    helper.set_model_props(model, {SOURCE_KEY: source})


def test_what_only_tensorrt_knows_comes_after_the_check(tmp_path: Path) -> None:
    def mark(model: onnx.ModelProto) -> None:
        model.graph.node[0].attribute.append(helper.make_attribute("TRT_decomposable", 1))

    path = tmp_path / "scaling.onnx"
    with pytest.raises(onnx.checker.ValidationError, match="TRT_decomposable"):
        save_beside(scaling(3), path, mark, nothing)
    assert not path.exists()
    save_beside(scaling(3), path, nothing, mark)
    assert onnx.load(path, load_external_data=False).graph.node[0].attribute[0].name == "TRT_decomposable"
