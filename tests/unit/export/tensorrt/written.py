"""A small ONNX file that says what it was made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from export.onnx.facts import Facts

FACTS = Facts("wegen-7b", "bf16", "ab" * 32)


def write(path: Path, facts: Facts | None = FACTS, kind: int = TensorProto.FLOAT, *, external: bool = False) -> Path:
    weights = numpy_helper.from_array(np.arange(1024, dtype=np.float32), "weights")
    model = helper.make_model(
        helper.make_graph(
            [helper.make_node("Add", ["x", "weights"], ["y"])],
            "adding",
            [helper.make_tensor_value_info("x", kind, ["batch", 1024])],
            [helper.make_tensor_value_info("y", kind, ["batch", 1024])],
            [weights],
        )
    )
    if facts is not None:
        facts.write(model)
    onnx.save(model, path, save_as_external_data=external, location=f"{path.name}.data", size_threshold=0)
    return path
