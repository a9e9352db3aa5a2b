"""The published sizes, counted on torch's meta device: no weight is allocated."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from export import presets
from export.networks import build_decoder, build_denoiser, build_language, build_vision, time_ids

PRESET = presets.load("wegen-7b")


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_llama_2_7b_with_330_tokens_more_and_two_projectors() -> None:
    with torch.device("meta"):
        model = build_language(PRESET)
    llama_2_7b = 6_738_415_616
    assert parameters(model) == llama_2_7b + 2 * 330 * 4096 + 2 * 1792 * 4096
    assert model.embed_tokens.weight.shape == (32330, 4096)
    assert model.input_projector.weight.shape == (4096, 1792)
    assert model.output_projector.weight.shape == (1792, 4096)


def test_eva_clip_e_14_plus() -> None:
    with torch.device("meta"):
        tower = build_vision(PRESET)
    block = 4 * 1792 * 1792 + 4 * 1792 + 2 * 1792 * 15360 + 15360 + 1792 + 4 * 1792
    stem = 3 * 14 * 14 * 1792 + 1792 + 1792 + 1025 * 1792
    assert parameters(tower) == 64 * block + stem
    assert tower(torch.empty(1, 3, 448, 448, device="meta")).shape == (1, 64, 1792)


def test_sdxl_unet_conditioned_on_features_alone() -> None:
    with torch.device("meta"):
        unet: nn.Module = build_denoiser(PRESET)  # type: ignore[assignment]
    sdxl, narrower = 2_567_463_684, 2048 - 1792
    # 10 transformer blocks of width 640 and 60 of width 1280 have keys and values of the features' width
    keys_and_values = 2 * narrower * (10 * 640 + 60 * 1280)
    pooled = (6 * 256 + 1792 - 2816) * 1280
    assert parameters(unet) == sdxl - keys_and_values + pooled


def test_sdxl_vae() -> None:
    with torch.device("meta"):
        vae: nn.Module = build_decoder(PRESET)  # type: ignore[assignment]
    assert parameters(vae) == 83_653_863


def test_sizes_fit_together() -> None:
    assert (PRESET.features, PRESET.language.vocab, PRESET.latent_size) == (64, 32330, 128)
    assert PRESET.language.head_dim == 128
    assert PRESET.vision.grid == 32


def test_an_unknown_preset_names_the_others() -> None:
    with pytest.raises(presets.UnknownPresetError, match=r"'wegen-9b' is unknown; there are wegen-7b, wegen-tiny"):
        presets.load("wegen-9b")


def test_its_sizes_are_sdxls_with_their_own_size_conditioning() -> None:
    """About a megapixel each, its own square first; height before width, as SDXL's embedding has them."""
    assert PRESET.sizes[0] == (1024, 1024)
    assert all(0.96 < height * width / 2**20 <= 1 for height, width in PRESET.sizes)
    assert {(width, height) for height, width in PRESET.sizes} == set(PRESET.sizes)
    assert time_ids(PRESET).tolist() == [1024, 1024, 0, 0, 1024, 1024]
    assert time_ids(PRESET, (832, 1216)).tolist() == [832, 1216, 0, 0, 832, 1216]


def test_the_small_one_offers_its_square() -> None:
    assert presets.load("wegen-tiny").sizes == ((128, 128),)
