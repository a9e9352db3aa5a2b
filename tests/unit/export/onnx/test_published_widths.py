"""Graphs at the published widths, a layer of each kind, against the networks in PyTorch.

In fp16 ONNX Runtime runs them, rounding as the graph says between its products in fp32. In bf16 it has no kernels for
products and convolutions on a CPU: there the same graph runs in fp32 on the bf16 weights, which shows that the graph
and its weights are right, not what bf16's rounding costs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from export.onnx import decoder, denoiser, exporter, language, vision
from export.onnx.decoder import DecoderGraph
from export.onnx.denoiser import DenoiserGraph
from export.onnx.engines import engines
from export.onnx.exporter import mark_for_tensorrt, write
from export.onnx.facts import Facts
from export.onnx.precision import Precision
from export.presets import Preset
from export.source import Source
from export.tensorrt.graph import read_graph
from export.tensorrt.options import BuildOptions
from export.tensorrt.profile import profiles
from export.tensorrt.rehearsal.compiler import open_rehearsal
from export.tensorrt.toolkit import BuildRequest
from tests.unit.export.tensorrt.fakes import Silence

from . import published
from .number_types import check_types

pytestmark = pytest.mark.graphs

PRESET = published.shallow()
SPAN = PRESET.context
LATENTS = (1, 4, 8, 4)

# largest difference over the output's standard deviation: found 2e-3 at most, and 3e-6
TOLERANCES = {Precision.FP16: 5e-3, Precision.BF16: 2e-5}


@pytest.fixture(params=[Precision.FP16, Precision.BF16], scope="module")
def precision(request: pytest.FixtureRequest) -> Precision:
    found: Precision = request.param
    return found


@pytest.fixture(autouse=True)
def weights_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """For all graphs, as deeper ones have them."""
    monkeypatch.setattr(exporter, "LIMIT", 0)


def run(
    name: str, precision: Precision, folder: Path, inputs: dict[str, Tensor], preset: Preset = PRESET
) -> list[NDArray[Any]]:
    """Export an engine's graph, checked by ONNX, with its weights beside it, and run it."""
    engine = next(engine for engine in engines() if engine.name == name)
    path, source = folder / f"{name}.onnx", Source(preset, folder, random=True)
    # without facts: an attribute for TensorRT is none that ONNX Runtime takes
    write(engine.graph(source.outline(engine.network, precision.dtype), preset, precision, SPAN), path, "", None)
    check_types(onnx.load(path, load_external_data=False), precision)
    options = ort.SessionOptions()
    # one run: folding the weights' casts would take longer than casting them
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    graph: Path | bytes = path
    weights: dict[str, ort.OrtValue] = {}
    if precision is Precision.BF16:
        graph, beside = published.widened(path)
        weights = {key: ort.OrtValue.ortvalue_from_numpy(value) for key, value in beside.items()}
        options.add_external_initializers(list(weights), list(weights.values()))
    session = ort.InferenceSession(graph, options, ["CPUExecutionProvider"])
    halves = {value.name for value in session.get_inputs() if value.type == "tensor(float16)"}
    given = {key: (value.half() if key in halves else value).numpy() for key, value in inputs.items()}
    outputs: list[NDArray[Any]] = session.run(None, given)
    del session
    rehearse(name, path, preset, precision)
    return outputs


def rehearse(name: str, path: Path, preset: Preset, precision: Precision) -> None:
    """NVIDIA's builder takes the graph with every profile that its plan would have, on an L4's architecture."""
    model = onnx.load(path, load_external_data=False)
    mark_for_tensorrt(model)
    Facts(preset.name, precision, "random").write(model)
    onnx.save(model, path)
    # Both blocks of 1280 stand at sizes of the picture where SDXL has narrower ones: more scratch memory than its own.
    options = BuildOptions(workspace_gib=16) if name == denoiser.NAME else BuildOptions()
    request = BuildRequest(path, profiles(read_graph(name, path), preset), options, b"")
    assert memoryview(open_rehearsal("8.9").build(request, Silence()).plan).nbytes > path.stat().st_size


def near(found: NDArray[Any], wanted: Tensor, precision: Precision) -> None:
    difference = (torch.from_numpy(found) - wanted).abs().max() / wanted.std()
    assert difference < TOLERANCES[precision]


def noise(shape: tuple[int, ...], seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def test_eva_clip(precision: Precision, tmp_path: Path) -> None:
    pixels = noise((1, 3, 448, 448), 0)
    (found,) = run(vision.NAME, precision, tmp_path, {"pixels": pixels})
    near(found, published.network(PRESET, "vision", precision.dtype)(pixels), precision)


@torch.no_grad()
def test_llama(precision: Precision, tmp_path: Path) -> None:
    """Tokens and features, several positions of one row."""
    positions, size = 9, PRESET.language
    ids = torch.arange(positions)[None] * 500
    features, is_feature = noise((1, positions, PRESET.vision.width), 1), (torch.arange(positions) > 5)[None]
    cache = torch.zeros(1, size.heads, SPAN, size.head_dim)
    inputs = {
        "ids": ids,
        "features": features,
        "is_feature": is_feature,
        "past_length": torch.zeros(1, dtype=torch.int64),
        "last": torch.tensor([positions - 1]),
        "past_key_0": cache,
        "past_value_0": cache,
    }
    logits, feature, *_ = run(language.NAME, precision, tmp_path, inputs)
    wanted = published.network(PRESET, "language", precision.dtype)(ids, features, is_feature)
    near(logits, wanted.logits[:, -1], precision)
    near(feature, wanted.features[:, -1], precision)


@torch.no_grad()
def test_sdxl_denoiser(precision: Precision, tmp_path: Path) -> None:
    """A step from pure noise, higher than wide: neither the size nor the ratio that the graph was traced at."""
    inputs = {
        "latents": noise(LATENTS, 2) * 14.6,
        "sigma": torch.tensor([14.6]),
        "sigma_next": torch.tensor([12.0]),
        "timestep": torch.tensor([981.0]),
        "features": noise((1, PRESET.features, PRESET.vision.width), 3),
        "time_ids": torch.tensor([[64.0, 32.0, 0.0, 0.0, 64.0, 32.0]]),
        "guidance": torch.tensor([7.0]),
    }
    # every kind of block in fp16; the number format is all that differs in bf16
    preset = PRESET if precision is Precision.FP16 else published.of_one_width(PRESET)
    (found,) = run(denoiser.NAME, precision, tmp_path, inputs, preset)
    peer = DenoiserGraph(published.network(preset, "denoiser", precision.dtype), torch.float32)
    near(found, peer(*inputs.values()), precision)


@torch.no_grad()
def test_vae_decoder(precision: Precision, tmp_path: Path) -> None:
    latents = noise(LATENTS, 4)
    (found,) = run(decoder.NAME, precision, tmp_path, {"latents": latents})
    vae = published.network(PRESET, "decoder", precision.dtype)
    wanted = DecoderGraph(vae, PRESET.decoder.scaling_factor, torch.float32)(latents).numpy()
    assert found.shape == (1, 64, 32, 3)
    assert np.abs(found.astype(np.int16) - wanted.astype(np.int16)).max() <= 1
