"""Each graph of the small preset, exported once: in fp32 for ONNX Runtime, in fp16 for TensorRT."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import onnx
import onnxruntime as ort
import pytest

from export.onnx.precision import Precision
from tests.unit.export.tensorrt.plan_operator import Planned

Models = Callable[[str, Precision], onnx.ModelProto]
Sessions = Callable[[str, Precision], ort.InferenceSession]


@pytest.fixture(scope="session")
def models(repository: Path, planned: Planned) -> Models:
    """A graph by engine and precision, from the weights of `networks`; in fp16 of open picture sizes."""

    @cache
    def model(name: str, precision: Precision = Precision.FP32) -> onnx.ModelProto:
        if precision is Precision.FP32:
            return onnx.load(repository / name / "1" / "model.onnx")
        assert precision is Precision.FP16
        return onnx.load(planned.graph(name))

    return model


@pytest.fixture(scope="session")
def sessions(models: Models) -> Sessions:
    """A graph in ONNX Runtime on one thread."""

    @cache
    def session(name: str, precision: Precision = Precision.FP32) -> ort.InferenceSession:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        return ort.InferenceSession(models(name, precision).SerializeToString(), options, ["CPUExecutionProvider"])

    return session
