"""The decoder graph against diffusers' VAE."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from export.onnx import decoder
from export.onnx.precision import Precision
from export.presets import Preset
from export.reference.picture import Painter
from export.weights import Networks

from .conftest import Sessions

pytestmark = pytest.mark.graphs


@pytest.mark.parametrize(("precision", "levels"), [(Precision.FP32, 1), (Precision.FP16, 2)])
def test_bytes_equal_diffusers(
    preset: Preset, networks: Networks, sessions: Sessions, precision: Precision, levels: int
) -> None:
    painter = Painter(preset, networks.denoiser, networks.decoder)
    side = preset.latent_size
    latents = torch.randn(3, preset.decoder.latent_channels, side, side, generator=torch.Generator().manual_seed(0))
    latents[2] *= 50  # beyond black and white
    (pixels,) = sessions(decoder.NAME, precision).run(None, {"latents": latents.numpy()})
    assert pixels.dtype == np.uint8
    assert pixels.shape == (3, preset.image_size, preset.image_size, 3)
    for row, found in zip(latents, pixels, strict=True):
        wanted = np.asarray(painter.decode(row), np.int16)
        assert np.abs(found - wanted).max() <= levels
