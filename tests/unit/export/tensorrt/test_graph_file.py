"""What a build reads of a graph, external weights included."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto

from export.onnx.facts import Facts
from export.tensorrt.graph import read_graph
from export.tensorrt.problem import GraphError

from .written import FACTS, write


def test_shapes_types_and_facts(tmp_path: Path) -> None:
    path = write(tmp_path / "adding.onnx")
    graph = read_graph("vae_decoder", path)
    assert graph.facts == FACTS
    assert (graph.inputs[0].name, graph.inputs[0].dtype, graph.inputs[0].shape) == ("x", "float32", ("batch", 1024))
    assert graph.outputs[0].bytes_at({"batch": 2}) == 2 * 1024 * 4
    assert graph.axes == {"batch"}
    assert graph.size == path.stat().st_size


def test_weights_outside_count_and_change_the_hash(tmp_path: Path) -> None:
    path = write(tmp_path / "adding.onnx", external=True)
    before = read_graph("vae_decoder", path)
    data = tmp_path / "adding.onnx.data"
    assert before.size == path.stat().st_size + data.stat().st_size > 4096
    content = bytearray(data.read_bytes())
    content[7] ^= 1
    data.write_bytes(content)
    assert read_graph("vae_decoder", path).sha256 != before.sha256


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (lambda path: path.unlink(), r"adding\.onnx does not exist: write it with `python -m export graphs`"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), r"adding\.onnx is not a whole ONNX file"),
        (lambda path: write(path, facts=None), r"adding\.onnx does not say what it was made of"),
        (lambda path: write(path, kind=TensorProto.DOUBLE), r"x is of ONNX type 11, which no engine of ours has"),
        (
            lambda path: path.with_name("adding.onnx.data").unlink(),
            r"adding\.onnx\.data does not exist, though adding\.onnx has weights in it",
        ),
    ],
)
def test_a_graph_that_is_none(tmp_path: Path, break_it: Callable[[Path], object], sentence: str) -> None:
    path = write(tmp_path / "adding.onnx", external=True)
    break_it(path)
    with pytest.raises(GraphError, match=sentence):
        read_graph("vae_decoder", path)


def test_half_of_the_facts_are_none() -> None:
    model = onnx.ModelProto()
    entry = model.metadata_props.add()
    entry.key, entry.value = "wegen.preset", "wegen-7b"
    assert Facts.of(model) is None
