"""One denoising step: input scaling, SDXL's UNet with guidance, and Euler's update in one graph."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from export.onnx.graph import Graph, GraphInput, latents_input
from export.onnx.norms import replace_group_norms
from export.onnx.precision import Precision
from export.presets import Preset

NAME = "sdxl_denoiser"


class _CastProjection(nn.Module):
    """diffusers concatenates this fp32 projection with half-precision embeddings: ONNX needs one type."""

    def __init__(self, projection: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        self.projection, self.dtype = projection, dtype

    def forward(self, x: Tensor) -> Tensor:
        """[N] -> [N, channels] in the network's type."""
        return self.projection(x).to(self.dtype)  # type: ignore[no-any-return]


class DenoiserGraph(nn.Module):
    """Every row is at its own step: sigma, sigma_next and timestep are per row."""

    def __init__(self, unet: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        if dtype == torch.float32:
            replace_group_norms(unet)
        self.unet, self.dtype = nn.Module.to(unet, dtype), dtype  # diffusers' own `to` warns of nothing here
        self.unet.add_time_proj = _CastProjection(unet.get_submodule("add_time_proj"), dtype)

    def forward(  # noqa: PLR0917
        self,
        latents: Tensor,
        sigma: Tensor,
        sigma_next: Tensor,
        timestep: Tensor,
        features: Tensor,
        time_ids: Tensor,
        guidance: Tensor,
    ) -> Tensor:
        """Latents f32 [B, 4, h, w] at `sigma` to latents at `sigma_next` (diffusers' EulerDiscreteScheduler.step).

        sigma, sigma_next, timestep, guidance f32 [B]; features f32 [B, 64, D]; time_ids f32 [B, 6]. The
        unconditional half has features of zeros (and so a pooled embedding of zeros).
        """
        column = (-1, 1, 1, 1)
        scaled = latents * torch.rsqrt(sigma.square() + 1).view(column)
        context = torch.cat([torch.zeros_like(features), features]).to(self.dtype)
        noise = self.unet(
            torch.cat([scaled, scaled]).to(self.dtype),
            torch.cat([timestep, timestep]),
            encoder_hidden_states=context,
            added_cond_kwargs={"text_embeds": context.mean(dim=1), "time_ids": torch.cat([time_ids, time_ids])},
            return_dict=False,
        )[0].float()
        free, led = noise[: latents.shape[0]], noise[latents.shape[0] :]
        noise = free + guidance.view(column) * (led - free)
        stepped: Tensor = latents + (sigma_next - sigma).view(column) * noise
        return stepped


def denoiser_graph(unet: nn.Module, preset: Preset, precision: Precision) -> Graph:
    """The denoiser's graph at the preset's picture size, or at any where it is served at several."""
    batch = 2
    scalar = torch.ones(batch)
    shapes = {
        "sigma": scalar,
        "sigma_next": scalar.clone(),
        "timestep": scalar.clone(),
        "features": torch.zeros(batch, preset.features, preset.denoiser.feature_width),
        "time_ids": torch.zeros(batch, 6),
        "guidance": scalar.clone(),
    }
    latents = latents_input(preset, preset.denoiser.latent_channels, batch)
    inputs = (latents, *(GraphInput(name, example, {0: "batch"}) for name, example in shapes.items()))
    return Graph(NAME, DenoiserGraph(unet, precision.dtype), inputs, ("latents_out",), precision)
