"""One graph for pictures of several sizes: what it computes at each is what the network computes there.

The denoiser's is tried at another size than it was traced at in `test_published_widths.py`.
"""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from export.onnx import decoder
from export.onnx.decoder import DecoderGraph
from export.onnx.precision import Precision
from export.presets import Preset
from export.weights import Networks

from .conftest import Sessions

pytestmark = pytest.mark.graphs

SIZES = ((32, 32), (48, 16), (16, 64))


@torch.no_grad()
def test_the_decoder_takes_every_size(preset: Preset, networks: Networks, sessions: Sessions) -> None:
    """And another batch than it was traced at; fp16 against fp32."""
    session, factor = sessions(decoder.NAME, Precision.FP16), preset.decoder.factor
    peer = DecoderGraph(copy.deepcopy(networks.decoder), preset.decoder.scaling_factor, torch.float32)
    assert session.get_inputs()[0].shape == ["batch", 4, "height", "width"]
    random = torch.Generator().manual_seed(1)
    for height, width in SIZES:
        latents = torch.rand(3, 4, height // factor, width // factor, generator=random)
        (found,) = session.run(None, {"latents": latents.numpy()})
        assert found.shape == (3, height, width, 3)
        assert np.abs(found.astype(np.int16) - peer(latents).numpy().astype(np.int16)).max() <= 2


def test_a_preset_of_one_size_keeps_it(preset: Preset, sessions: Sessions) -> None:
    side = preset.latent_size
    assert sessions(decoder.NAME, Precision.FP32).get_inputs()[0].shape == ["batch", 4, side, side]
