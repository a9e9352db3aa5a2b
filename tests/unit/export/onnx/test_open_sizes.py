"""One graph for pictures of several sizes: what it computes at each is what the networks compute there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from torch import Tensor

from export.onnx import decoder, denoiser
from export.onnx.exporter import export
from export.onnx.graph import Graph
from export.onnx.precision import Precision
from export.presets import Preset, Serving
from export.weights import random_network

pytestmark = pytest.mark.graphs

SIZES = ((32, 32), (48, 16), (16, 64))
TOLERANCE = 2e-5


@pytest.fixture(scope="module")
def served_at_several(preset: Preset) -> Preset:
    return replace(preset, serving=Serving(buckets=SIZES))


def shapes(model: onnx.ModelProto) -> list[list[str | int]]:
    values = [*model.graph.input, *model.graph.output]
    return [[axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim] for value in values]


def agree(graph: Graph, model: onnx.ModelProto, preset: Preset, atol: float) -> None:
    """At every size and another batch than the graph was traced with."""
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = ort.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    random = torch.Generator().manual_seed(1)
    for height, width in SIZES:
        latents = (3, preset.decoder.latent_channels, *(side // preset.decoder.factor for side in (height, width)))
        rows = {item.name: example(item.name, item.example, latents, random) for item in graph.inputs}
        with torch.no_grad():
            wanted = graph.module(*rows.values()).numpy()
        (found,) = session.run(None, {name: value.numpy() for name, value in rows.items()})
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found.astype(np.float32), wanted.astype(np.float32), atol=atol, rtol=0)


def example(name: str, traced: Tensor, latents: tuple[int, ...], random: torch.Generator) -> Tensor:
    shape = latents if name == "latents" else (latents[0], *traced.shape[1:])
    return torch.rand(shape, generator=random)


def test_the_denoiser_takes_every_size(served_at_several: Preset) -> None:
    graph = denoiser.denoiser_graph(random_network(served_at_several, "denoiser"), served_at_several, Precision.FP32)
    model = export(graph)
    assert shapes(model)[0] == shapes(model)[-1] == ["batch", 4, "height", "width"]
    agree(graph, model, served_at_several, TOLERANCE)


def test_the_decoder_takes_every_size(served_at_several: Preset) -> None:
    graph = decoder.decoder_graph(random_network(served_at_several, "decoder"), served_at_several, Precision.FP32)
    model = export(graph)
    assert shapes(model)[0] == ["batch", 4, "height", "width"]
    agree(graph, model, served_at_several, atol=1)


def test_a_preset_of_one_size_keeps_it(preset: Preset) -> None:
    latents = decoder.decoder_graph(random_network(preset, "decoder"), preset, Precision.FP32).inputs[0]
    assert latents.axes == {0: "batch"}
    assert latents.example.shape[2:] == (preset.latent_size, preset.latent_size)
