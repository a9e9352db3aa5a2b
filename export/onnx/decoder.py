"""SDXL's VAE decoder, up to bytes a picture can be encoded from."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from export.onnx.graph import Graph, latents_input
from export.onnx.norms import replace_group_norms
from export.onnx.precision import Precision
from export.onnx.rescaling import rescale
from export.presets import Preset

NAME = "vae_decoder"


class DecoderGraph(nn.Module):
    """Latents as the denoiser leaves them to pixels."""

    def __init__(self, vae: nn.Module, scaling_factor: float, dtype: torch.dtype) -> None:
        super().__init__()
        if dtype == torch.float32:
            replace_group_norms(vae)
        self.scales: dict[str, float] = {}
        if dtype == torch.float16:
            scales = rescale(vae.get_submodule("decoder"))
            self.scales = {f"decoder.{name}": factor for name, factor in scales.items()}
        self.post_quant_conv = vae.get_submodule("post_quant_conv").to(dtype)
        self.decoder = vae.get_submodule("decoder").to(dtype)
        self.scaling_factor, self.dtype = scaling_factor, dtype

    def forward(self, latents: Tensor) -> Tensor:
        """Latents f32 [B, 4, h, w], scaled, to pixels u8 [B, H, W, 3]."""
        image = self.decoder(self.post_quant_conv((latents / self.scaling_factor).to(self.dtype))).float()
        levels = ((image.permute(0, 2, 3, 1) * 0.5 + 0.5).clamp(0, 1) * 255).round()
        pixels: Tensor = levels.to(torch.uint8)  # last of all: TensorRT has bytes as an output only
        return pixels


def decoder_graph(vae: nn.Module, preset: Preset, precision: Precision) -> Graph:
    """The decoder's graph at the preset's picture size, or at any where it is served at several."""
    latents = latents_input(preset, preset.decoder.latent_channels, batch=2)
    module = DecoderGraph(vae, preset.decoder.scaling_factor, precision.dtype)
    return Graph(NAME, module, (latents,), ("pixels",), precision, scales=module.scales)
