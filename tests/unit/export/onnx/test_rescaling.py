"""A VAE decoder made smaller inside computes the same, and fits into fp16 where it did not."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from export import presets
from export.onnx import rescaling
from export.onnx.decoder import DecoderGraph
from export.presets import Preset
from export.weights import random_network

# SDXL's own widths, fewer pixels
PUBLISHED = replace(presets.load("wegen-7b"), image_size=64)
BEYOND = 2.0**16


@pytest.fixture(scope="module")
def overflowing() -> nn.Module:
    """A decoder of SDXL's size whose activations pass fp16's range, and which decodes as an ordinary one does."""
    vae = random_network(PUBLISHED, "decoder")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rescaling, "FACTOR", BEYOND)
        rescaling.rescale(vae.get_submodule("decoder"))
    return vae


def latents(preset: Preset) -> Tensor:
    shape = (1, preset.decoder.latent_channels, preset.latent_size, preset.latent_size)
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def picture(vae: nn.Module, preset: Preset, dtype: torch.dtype) -> Tensor:
    """As a plain decode in `dtype` has it, before it becomes bytes."""
    vae = vae.to(dtype)
    scaled = (latents(preset) / preset.decoder.scaling_factor).to(dtype)
    image: Tensor = vae.get_submodule("decoder")(vae.get_submodule("post_quant_conv")(scaled))
    return image.float()


@torch.no_grad()
def test_fp32_decodes_the_same(preset: Preset) -> None:
    vae = random_network(preset, "decoder")
    wanted = picture(copy.deepcopy(vae), preset, torch.float32)
    scales = rescaling.rescale(vae.get_submodule("decoder"))
    assert {name.split(".")[0] for name in scales} == {"conv_in", "mid_block", "up_blocks"}
    torch.testing.assert_close(picture(vae, preset, torch.float32), wanted, atol=1e-6, rtol=0)


@torch.no_grad()
def test_a_decoder_that_overflows_fp16_decodes_within_a_level(overflowing: nn.Module) -> None:
    assert not picture(copy.deepcopy(overflowing), PUBLISHED, torch.float16).isfinite().all()
    wanted = DecoderGraph(copy.deepcopy(overflowing), PUBLISHED.decoder.scaling_factor, torch.float32)
    found = DecoderGraph(copy.deepcopy(overflowing), PUBLISHED.decoder.scaling_factor, torch.float16)
    pixels = latents(PUBLISHED)
    difference = (found(pixels).int() - wanted(pixels).int()).abs()
    assert difference.max() <= 1
