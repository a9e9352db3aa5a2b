"""SDXL's UNet and VAE as diffusers builds them, sized by a preset."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import AutoencoderKL, EulerDiscreteScheduler, UNet2DConditionModel
from torch import Tensor

from export.presets import Bucket, DecoderSize, DenoiserSize, Preset


def denoiser_config(size: DenoiserSize, sample_size: int) -> dict[str, Any]:
    """Arguments of `UNet2DConditionModel`: SDXL's layout, conditioned on features and their mean."""
    last = len(size.channels) - 1
    return {
        "sample_size": sample_size,
        "in_channels": size.latent_channels,
        "out_channels": size.latent_channels,
        "block_out_channels": size.channels,
        "layers_per_block": size.layers_per_block,
        "down_block_types": ("DownBlock2D", *("CrossAttnDownBlock2D",) * last),
        "up_block_types": (*("CrossAttnUpBlock2D",) * last, "UpBlock2D"),
        "transformer_layers_per_block": tuple(max(1, n) for n in size.transformer_layers),
        # diffusers names the number of heads "attention_head_dim" in this class
        "attention_head_dim": size.attention_heads,
        "cross_attention_dim": size.feature_width,
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": size.time_embed_dim,
        "projection_class_embeddings_input_dim": 6 * size.time_embed_dim + size.feature_width,
        "norm_num_groups": size.norm_groups,
    }


def decoder_config(size: DecoderSize, image_size: int) -> dict[str, Any]:
    """Arguments of `AutoencoderKL` in SDXL's layout."""
    levels = len(size.channels)
    return {
        "block_out_channels": size.channels,
        "down_block_types": ("DownEncoderBlock2D",) * levels,
        "up_block_types": ("UpDecoderBlock2D",) * levels,
        "layers_per_block": size.layers_per_block,
        "latent_channels": size.latent_channels,
        "norm_num_groups": size.norm_groups,
        "sample_size": image_size,
        "scaling_factor": size.scaling_factor,
    }


def noise_scheduler() -> EulerDiscreteScheduler:
    """SDXL's scheduler: scaled-linear betas, leading timesteps with offset 1, Euler."""
    return EulerDiscreteScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="epsilon",
        timestep_spacing="leading",
        steps_offset=1,
        interpolation_type="linear",
    )


def time_ids(preset: Preset, size: Bucket | None = None) -> Tensor:
    """SDXL's size conditioning at inference, [6]: original size, crop corner (0, 0), target size.

    `size` is the picture's height and width in pixels, the preset's square if left out.
    """
    height, width = size or (preset.image_size, preset.image_size)
    return torch.tensor([height, width, 0, 0, height, width], dtype=torch.float32)


def build_denoiser(preset: Preset) -> UNet2DConditionModel:
    """The UNet: latents, timestep and features [B, 64, D] to predicted noise."""
    return UNet2DConditionModel(**denoiser_config(preset.denoiser, preset.latent_size))


def build_decoder(preset: Preset) -> AutoencoderKL:
    """The VAE, encoder included."""
    return AutoencoderKL(**decoder_config(preset.decoder, preset.image_size))
