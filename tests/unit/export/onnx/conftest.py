"""Each graph of the small preset, exported once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import onnx
import onnxruntime as ort
import pytest

from export.onnx.engines import engines
from export.onnx.exporter import export
from export.onnx.precision import Precision
from export.presets import Preset
from export.weights import random_network

Models = Callable[[str, Precision], onnx.ModelProto]
Sessions = Callable[[str, Precision], ort.InferenceSession]


@pytest.fixture(scope="session")
def models(preset: Preset, repository: Path) -> Models:
    """A graph by engine and precision, from the weights of `networks`."""

    @cache
    def model(name: str, precision: Precision = Precision.FP32) -> onnx.ModelProto:
        if precision is Precision.FP32:
            return onnx.load(repository / name / "1" / "model.onnx")
        engine = next(engine for engine in engines() if engine.name == name)
        return export(engine.build(random_network(preset, engine.network), preset, precision, preset.context))

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
