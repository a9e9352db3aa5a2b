"""One graph for pictures of several sizes: what it computes at each is what the network computes there.

The denoiser's is tried at another size than it was traced at in `test_published_widths.py`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnxruntime as ort
import pytest
import torch

from export.onnx import decoder
from export.onnx.exporter import export
from export.onnx.precision import Precision
from export.presets import Preset, Serving
from export.weights import random_network

pytestmark = pytest.mark.graphs

SIZES = ((32, 32), (48, 16), (16, 64))


@pytest.fixture(scope="module")
def served_at_several(preset: Preset) -> Preset:
    return replace(preset, serving=Serving(buckets=SIZES))


@torch.no_grad()
def test_the_decoder_takes_every_size(served_at_several: Preset) -> None:
    """And another batch than it was traced at."""
    vae, factor = random_network(served_at_several, "decoder"), served_at_several.decoder.factor
    graph = decoder.decoder_graph(vae, served_at_several, Precision.FP32)
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = ort.InferenceSession(export(graph).SerializeToString(), options, ["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape == ["batch", 4, "height", "width"]
    random = torch.Generator().manual_seed(1)
    for height, width in SIZES:
        latents = torch.rand(3, 4, height // factor, width // factor, generator=random)
        (found,) = session.run(None, {"latents": latents.numpy()})
        assert found.shape == (3, height, width, 3)
        assert np.abs(found.astype(np.int16) - graph.module(latents).numpy().astype(np.int16)).max() <= 1


def test_a_preset_of_one_size_keeps_it(preset: Preset) -> None:
    latents = decoder.decoder_graph(random_network(preset, "decoder"), preset, Precision.FP32).inputs[0]
    assert latents.axes == {0: "batch"}
    assert latents.example.shape[2:] == (preset.latent_size, preset.latent_size)
