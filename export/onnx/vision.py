"""EVA-CLIP with pooling: a picture to its features."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from export.networks.vision import VisionTower
from export.onnx.graph import Graph, GraphInput
from export.onnx.precision import Precision

NAME = "eva_clip"


class VisionGraph(nn.Module):
    """The tower with fp32 pixels and features at its edges."""

    def __init__(self, tower: VisionTower) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels f32 [B, 3, H, W], CLIP-normalised, to features f32 [B, 64, D]."""
        return self.tower(pixels.to(self.tower.pos_embed.dtype)).float()  # type: ignore[no-any-return]


def vision_graph(tower: VisionTower, precision: Precision) -> Graph:
    """The encoder's graph."""
    side = tower.size.image_size
    pixels = GraphInput("pixels", torch.zeros(2, 3, side, side), {0: "batch"})
    return Graph(NAME, VisionGraph(tower).to(precision.dtype), (pixels,), ("features",), precision)
